export { confirmGuardian } from './confirm-guardian';
export { IdentityKit, KnownSourceRecords } from './identity-kit';
export type { Member } from './identity-kit';
export { openIdentityKit } from './open-kit';
export { digestOf, lifeOf, TestParty } from './party';
export { SoftPasskey, USER_PRESENT, USER_VERIFIED } from './soft-passkey';
export type { Ceremony } from './soft-passkey';
export type { TestPartyOptions } from './party';
