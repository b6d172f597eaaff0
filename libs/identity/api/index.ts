export { IdentityApiModule } from './identity-api.module';
export { PartyTokenVerifier } from './party-token-verifier';
export { STATEMENT, WARD, wardWish } from './statement.argument';
export { BankDetailsType, toBankDetailsType } from './vault-item.type';
