export { indexPartyId, indexPersonId, insertIndexPerson, insertIndexRows, insertIndexRules } from './index-person';
export type { IndexFact, IndexPerson } from './index-person';
