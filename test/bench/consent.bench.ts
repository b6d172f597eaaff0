import type { Bench } from './bench';
import { consentDecideBench } from './consent-decide.bench';
import { consentMatchBench } from './consent-match.bench';
import { consentRevokeBench } from './consent-revoke.bench';
import { consentVerifyBench } from './consent-verify.bench';

/** What is measured of consent, a file an entry: `npm run bench -- consent` runs them all. */
export const CONSENT_BENCHES: readonly Bench[] = [
  consentDecideBench,
  consentVerifyBench,
  consentMatchBench,
  consentRevokeBench,
];
