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
export { EXAMPLE_AT_MS, tokenExample, tokenExampleLines } from './token-example';
