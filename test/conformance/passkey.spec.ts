import { passkeySuite } from './passkey.suite';
import type { ConformanceCase } from './suite';

it('passkeys of a virtual authenticator verify, and no variant of one does', async () => {
  const cases: ConformanceCase[] = [];
  for await (const one of passkeySuite.run('')) cases.push(one);
  expect(cases.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
  expect(cases.length).toBeGreaterThan(80);
});
