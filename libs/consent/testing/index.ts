export { grantContent, signDiscoveryTerms, signGrant, signRevocation } from './answers';
export { workedExample } from './worked-example';
export type { ExampleStatement } from './worked-example';
export { ConsentKit } from './consent-kit';
export { randomQuestion, randomRule, randomRules } from './random-rules';
export type { RandomParties } from './random-rules';
