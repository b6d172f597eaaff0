export { indexPartyId, indexPersonId, insertIndexPerson, insertIndexRows } from './index-person';
export type { IndexFact, IndexPerson } from './index-person';
