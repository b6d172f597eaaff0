import { movesOn, SHOWN_STEP_MIN } from './shown-sums';

const sums = (answered: number) => ({ asked: 60, answered, granted: answered });

describe('sums that are shown', () => {
  it.each([
    [0, 1, false],
    [0, SHOWN_STEP_MIN - 1, false],
    [0, SHOWN_STEP_MIN, true],
    [SHOWN_STEP_MIN, 2 * SHOWN_STEP_MIN - 1, false],
    [SHOWN_STEP_MIN, 2 * SHOWN_STEP_MIN, true],
    [12, 40, true],
  ])('of %i answers move on to %i: %s', (shown, now, expected) => {
    expect(movesOn(sums(shown), sums(now), { deadlinePassed: false })).toBe(expected);
  });

  it('are what they are when no answer can come any more', () => {
    expect(movesOn(sums(11), sums(12), { deadlinePassed: true })).toBe(true);
  });
});
