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
export { openCounts, openPartitions } from './open-counts';
