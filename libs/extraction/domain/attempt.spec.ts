import { asId, type PersonId } from '@aceso/kernel';
import { afterAbandoned, ATTEMPTS_MAX, movedPersons } from './attempt';

const person = (n: number): PersonId => asId(`00000000-0000-4000-8000-00000000000${n}`);

describe('attempt', () => {
  it.each([
    [1, 'GATE_MOVED', 'again'],
    [ATTEMPTS_MAX - 1, 'K_NOT_REACHED', 'again'],
    [ATTEMPTS_MAX, 'GATE_MOVED', 'ATTEMPTS_EXHAUSTED'],
    [ATTEMPTS_MAX, 'WORK_FAILED', 'ATTEMPTS_EXHAUSTED'],
    [ATTEMPTS_MAX, 'K_NOT_REACHED', 'RISK_TOO_HIGH'],
    [1, 'RISK_TOO_HIGH', 'RISK_TOO_HIGH'],
  ] as const)('attempt %i given up for %s is followed by %s', (number, reason, next) => {
    expect(afterAbandoned(number, reason)).toBe(next);
  });

  it('finds the gates that moved, and those that are gone', () => {
    const emitted = new Map([
      [person(1), 1],
      [person(2), 4],
      [person(3), 2],
    ]);
    const now = new Map([
      [person(1), 1],
      [person(2), 5],
      [person(4), 1],
    ]);
    expect(movedPersons(emitted, now)).toEqual([person(2), person(3)]);
    expect(movedPersons(emitted, emitted)).toEqual([]);
  });
});
