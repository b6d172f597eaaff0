export { indexPartyId, indexPersonId, insertIndexPerson } from './index-person';
export type { IndexFact, IndexPerson } from './index-person';
