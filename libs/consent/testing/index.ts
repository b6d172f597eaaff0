export {
  alternative,
  grantContent,
  signDiscoveryTerms,
  signGrant,
  signRevocation,
  signStandingTerms,
  standingTermsContent,
} from './answers';
export { workedExample } from './worked-example';
export type { ExampleStatement } from './worked-example';
export { ConsentKit } from './consent-kit';
export { randomQuestion, randomRule, randomRules } from './random-rules';
export type { RandomParties } from './random-rules';
export { EXAMPLE_AT_MS, tokenExample, tokenExampleLines } from './token-example';
