export { grantContent, signDiscoveryTerms, signGrant, signRevocation } from './answers';
