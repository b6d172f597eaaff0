export { digestOf, TestParty } from './party';
export type { TestPartyOptions } from './party';
