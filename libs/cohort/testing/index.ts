export {
  indexPartyId,
  indexPersonId,
  insertIndexFacts,
  insertIndexPerson,
  insertIndexRows,
  insertIndexRules,
  insertRecordOwner,
} from './index-person';
export type { IndexFact, IndexPerson } from './index-person';
export { openCatalogue, openCounts, openPartitions } from './open-counts';
