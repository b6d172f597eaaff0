import { judgeEvidence } from './link';

describe('judgeEvidence', () => {
  it.each([
    [2, 0, true, 'linked'],
    [3, 5, true, 'linked'],
    [2, 0, false, 'proposed'],
    [1, 4, true, 'proposed'],
    [1, 0, false, 'proposed'],
    [0, 1, true, 'proposed'],
    [0, 3, false, undefined],
    [0, 0, true, undefined],
  ] as const)('judges %d strong, %d weak, birth date %s as %s', (strong, weak, birthDate, expected) => {
    expect(judgeEvidence({ strong, weak, birthDate })).toBe(expected);
  });
});
