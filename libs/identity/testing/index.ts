export { IdentityKit, KnownSourceRecords } from './identity-kit';
export type { Member } from './identity-kit';
export { openIdentityKit } from './open-kit';
export { digestOf, TestParty } from './party';
export type { TestPartyOptions } from './party';
