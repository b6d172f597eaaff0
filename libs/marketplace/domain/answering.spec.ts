import { ANSWER_DAYS_MAX, checkAnswerDeadline, checkAnswering, takesAnswers, type AskedVersion } from './answering';

const NOON = Date.UTC(2026, 4, 4, 12);
const DAY = 86_400_000;
const asked: AskedVersion = { state: 'asking', version: 2, currentVersion: 2, answerDeadline: NOON };

describe('an answer', () => {
  it('counts until the very millisecond of the deadline', () => {
    expect(takesAnswers(asked, NOON)).toBe(true);
    expect(() => checkAnswering(asked, NOON)).not.toThrow();
  });

  it.each<[string, AskedVersion, number]>([
    ['after the deadline', asked, NOON + 1],
    ['to an older version', { ...asked, currentVersion: 3 }, NOON],
    ['after the request was funded', { ...asked, state: 'funded' }, NOON],
    ['after it was cancelled', { ...asked, state: 'cancelled' }, NOON],
    ['before anybody was asked', { ...asked, state: 'approved' }, NOON],
  ])('does not count %s', (_, version, now) => {
    expect(takesAnswers(version, now)).toBe(false);
    expect(() => checkAnswering(version, now)).toThrow(expect.objectContaining({ code: 'ANSWERING_CLOSED' }));
  });
});

describe('an answer deadline', () => {
  it('lies in the future, but not out of sight', () => {
    expect(checkAnswerDeadline(NOON + 1, NOON)).toBe(NOON + 1);
    expect(checkAnswerDeadline(NOON + ANSWER_DAYS_MAX * DAY, NOON)).toBe(NOON + ANSWER_DAYS_MAX * DAY);
  });

  it.each([[NOON], [NOON - 1], [NOON + ANSWER_DAYS_MAX * DAY + 1], [Number.NaN], [NOON + 0.5]])(
    'is not %p',
    (deadline) => {
      expect(() => checkAnswerDeadline(deadline, NOON)).toThrow(
        expect.objectContaining({ code: 'ANSWER_DEADLINE_INVALID' }),
      );
    },
  );
});
