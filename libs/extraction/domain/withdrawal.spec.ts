import {
  ACKNOWLEDGEMENT_DAYS,
  departureState,
  isBatch,
  listState,
  roundAt,
  WITHDRAWAL_BATCH_MIN,
  type Departure,
} from './withdrawal';

const DAY = 86_400_000;
const WEEK_SECONDS = 604_800;
const NOW = Date.UTC(2026, 5, 1);

describe('rounds of withdrawal lists', () => {
  it('begin at the same moment for everybody, once an interval', () => {
    expect(roundAt(0, WEEK_SECONDS)).toBe(0);
    expect(roundAt(7 * DAY - 1, WEEK_SECONDS)).toBe(0);
    expect(roundAt(7 * DAY, WEEK_SECONDS)).toBe(1);
  });

  it('wait for enough persons, of whom the buyer knows nobody by itself', () => {
    const others = Array.from({ length: WITHDRAWAL_BATCH_MIN }, () => ({ knownToBuyer: false }));
    const known = { knownToBuyer: true };
    expect(isBatch(others)).toBe(true);
    expect(isBatch(others.slice(1))).toBe(false);
    expect(isBatch([...others.slice(1), known])).toBe(false);
    expect(isBatch([...others, known])).toBe(true);
  });
});

describe('the state of a list', () => {
  const readyAt = new Date(NOW - ACKNOWLEDGEMENT_DAYS * DAY);
  it('is open, then overdue, and acknowledged whenever that comes', () => {
    expect(listState({ readyAt, acknowledgedAt: null }, NOW)).toBe('open');
    expect(listState({ readyAt, acknowledgedAt: null }, NOW + 1)).toBe('overdue');
    expect(listState({ readyAt, acknowledgedAt: new Date(NOW) }, NOW + 1)).toBe('acknowledged');
  });

  it.each<[Partial<Departure>, string]>([
    [{}, 'with-buyer'],
    [{ withdrawn: true }, 'waiting'],
    [{ withdrawn: true, recallEnded: true }, 'recall-ended'],
    [{ recallEnded: true }, 'recall-ended'],
    [{ withdrawn: true, sentAt: readyAt }, 'open'],
    [{ withdrawn: true, sentAt: readyAt, acknowledgedAt: new Date(NOW), recallEnded: true }, 'acknowledged'],
  ])('tells a patient of %o: %s', (changes, state) => {
    const departure = { withdrawn: false, sentAt: null, acknowledgedAt: null, recallEnded: false, ...changes };
    expect(departureState(departure, NOW)).toBe(state);
  });
});
