import { EXPORT_LAG_MS, readExportWish } from '.';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const WISH = { since: '2026-04-01T00:00:00Z', until: '2026-05-01T00:00:00+02:00', reason: 'inspection' };

it('reads a range with zones, and a reason', () => {
  expect(readExportWish(WISH, NOW)).toEqual({
    since: new Date('2026-04-01T00:00:00Z'),
    until: new Date('2026-04-30T22:00:00Z'),
    reason: 'inspection',
  });
});

it.each([
  ['no since', { since: undefined }, 'AUDIT_RANGE_INVALID'],
  ['a day instead of a time', { since: '2026-04-01' }, 'AUDIT_RANGE_INVALID'],
  ['a day that is none', { since: '2026-13-01T00:00:00Z' }, 'AUDIT_RANGE_INVALID'],
  ['nothing in between', { until: WISH.since }, 'AUDIT_RANGE_INVALID'],
  ['more than a year', { since: '2025-04-01T00:00:00Z' }, 'AUDIT_RANGE_INVALID'],
  ['what is to come', { until: '2026-05-01T12:00:01Z' }, 'AUDIT_RANGE_INVALID'],
  ['what happens now', { until: new Date(NOW - EXPORT_LAG_MS + 1).toISOString() }, 'AUDIT_RANGE_INVALID'],
  ['no reason', { reason: undefined }, 'AUDIT_REASON_INVALID'],
  ['a reason in own words', { reason: 'because of Amina' }, 'AUDIT_REASON_INVALID'],
])('refuses %s', (_, change, code) => {
  expect(() => readExportWish({ ...WISH, ...change } as never, NOW)).toThrow(expect.objectContaining({ code }));
});

it('reads what ended a moment before', () => {
  const until = new Date(NOW - EXPORT_LAG_MS).toISOString();
  expect(readExportWish({ ...WISH, until }, NOW).until.toISOString()).toBe(until);
});
