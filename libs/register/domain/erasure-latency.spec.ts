import { deadOn, latencyDays } from './erasure-latency';

describe('the latency of an erasure', () => {
  it('is one epoch and the time that key backups are kept', () => {
    expect(latencyDays({ epochDays: 30, keyBackupDays: 14 })).toBe(44);
  });

  it.each([
    ['2026-01-01T00:00:00Z', '2026-02-15'],
    ['2026-01-01T23:59:59Z', '2026-02-15'],
    ['2027-12-31T12:00:00Z', '2028-02-14'],
  ])('ends for one at %s on %s, a whole day after the last key', (at, day) => {
    expect(deadOn(new Date(at), { epochDays: 30, keyBackupDays: 14 })).toBe(day);
  });
});
