import { packageCounts, reasonOf } from './summary';

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
