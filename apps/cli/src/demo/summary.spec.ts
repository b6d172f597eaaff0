import type { DemoPatient } from './cast';
import { answerCounts, packageCounts, reasonOf } from './summary';

it('counts those whose standing terms answered apart, and among those who agreed', () => {
  const answers = ['granted', 'by-terms', 'by-terms', 'declined', 'unanswered', 'not-asked'];
  const patients = answers.map((answer) => ({ answer, eligible: answer !== 'not-asked' }));
  expect(answerCounts(patients as DemoPatient[])).toEqual({
    cohort: 5,
    consented: 3,
    byTerms: 2,
    declined: 1,
    unanswered: 1,
    notEligible: 1,
  });
});

it.each([
  ['after the release', { beforeRelease: 0, afterRelease: 1 }],
  ['before the release', { beforeRelease: 1, afterRelease: 0 }],
])('does not count who revoked %s as suppressed', (_, revoked) => {
  expect(packageCounts(14, revoked, { persons: 11 })).toEqual({
    revokedBeforeRelease: revoked.beforeRelease,
    revokedAfterRelease: revoked.afterRelease,
    suppressed: 2,
    released: 11,
  });
});

it('counts nobody as suppressed or released where there is no package', () => {
  expect(packageCounts(14, { beforeRelease: 0, afterRelease: 4 }, null)).toMatchObject({ suppressed: 0, released: 0 });
});

it.each([
  ['what the order was refunded for', { state: 'REFUNDED', reason: 'COHORT_TOO_SMALL' }, null, 'COHORT_TOO_SMALL'],
  ['what does not verify', { state: 'DELIVERED', reason: null }, { problem: 'a file is missing' }, 'a file is missing'],
  ['that a package was withdrawn', { state: 'DELIVERED', reason: null }, null, 'PACKAGE_WITHDRAWN'],
  ['nothing of a package that verifies', { state: 'DELIVERED', reason: null }, { problem: null }, null],
])('says %s', (_, order, delivery, reason) => {
  expect(reasonOf(order, delivery)).toBe(reason);
});
