import { empty, KEY, ok, page, researchers, type FieldRow } from './access-outcomes';
import type { Ids } from './access-world';

const ADULTS = '{"version":1,"all":[{"age":{"min":18}}]}';
const cohort = ({ ids }: { readonly ids: Ids }) => ({ id: ids.cohort });
const pair = ({ ids }: { readonly ids: Ids }) => ({ of: { cohort: ids.cohort, version: 1 } });
const ownOnly = researchers(ok, 'NOT_FOUND');

/** Saved cohorts and counts in the background. */
export const COHORT_FIELDS: Readonly<Record<string, FieldRow>> = {
  cohort: {
    outcomes: ownOnly,
    document: 'query($id: ID!) { cohort(id: $id, version: 1) { name criteria versions { version } } }',
    variables: cohort,
    byId: true,
  },
  myCohorts: { outcomes: researchers(ok, empty), document: page('myCohorts') },
  sharedCohorts: { outcomes: researchers(empty), document: page('sharedCohorts') },
  compareCriteria: {
    outcomes: ownOnly,
    document: 'query($of: CohortVersionInput!) { compareCriteria(a: $of, b: $of) { both } }',
    variables: pair,
    byId: true,
  },
  compareCohorts: {
    outcomes: researchers('COHORTS_SAY_THE_SAME', 'NOT_FOUND'),
    document: 'query($of: CohortVersionInput!) { compareCohorts(a: $of, b: $of) { both { approximate } } }',
    variables: pair,
    byId: true,
  },
  saveCohort: {
    outcomes: researchers('COHORT_NAME_INVALID'),
    document: 'mutation($input: SaveCohortInput!) { saveCohort(input: $input) { id } }',
    variables: () => ({ input: { name: ' ', criteria: ADULTS, idempotencyKey: KEY().key } }),
  },
  forkCohort: {
    outcomes: ownOnly,
    document: `mutation($of: CohortVersionInput!, $key: String!) {
      forkCohort(of: $of, name: "A fork", idempotencyKey: $key) { id } }`,
    variables: (of) => ({ ...pair(of), ...KEY() }),
    byId: true,
  },
  shareCohort: {
    outcomes: ownOnly,
    document: 'mutation($id: ID!) { shareCohort(id: $id, shared: true) { shared } }',
    variables: cohort,
    byId: true,
  },
  archiveCohort: {
    outcomes: ownOnly,
    document: 'mutation($id: ID!) { archiveCohort(id: $id, archived: true) { archivedAt } }',
    variables: cohort,
    byId: true,
  },
  count: {
    outcomes: ownOnly,
    document: 'query($id: ID!) { count(id: $id) { state blocksDone blocksTotal count { approximate } } }',
    variables: ({ ids }) => ({ id: ids.count }),
    byId: true,
  },
  myCounts: { outcomes: researchers(ok, empty), document: page('myCounts') },
  startCount: {
    outcomes: researchers('CRITERIA_INVALID'),
    document: 'mutation($key: String!) { startCount(input: { kind: FUNNEL, idempotencyKey: $key }) { id } }',
    variables: KEY,
  },
  cancelCount: {
    outcomes: ownOnly,
    document: 'mutation($id: ID!) { cancelCount(id: $id) { state } }',
    variables: ({ ids }) => ({ id: ids.count }),
    byId: true,
  },
};
