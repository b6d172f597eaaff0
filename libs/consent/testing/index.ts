export { grantContent, signDiscoveryTerms, signGrant, signRevocation } from './answers';
export { ConsentKit } from './consent-kit';
