import { randomUUID } from 'node:crypto';
import { toGlobalId } from '@aceso/platform/graphql';
import { empty, officers, ok, researchers, type FieldRow } from './access-outcomes';

/** A view that reads nothing but keys. */
const OWN_VIEW = JSON.stringify({
  ...{ resourceType: 'ViewDefinition', name: 'keys', resource: 'Observation' },
  select: [
    {
      column: [
        { name: 'id', path: 'getResourceKey()' },
        { name: 'person_id', path: 'subject.getReferenceKey(Patient)' },
      ],
    },
  ],
});

/** What a research center asks before it sends a request. */
export const QUESTION_FIELDS: Readonly<Record<string, FieldRow>> = {
  catalogue: {
    outcomes: researchers(ok),
    document: '{ catalogue { day domains { domain persons { reason } } sources { providerDid } } }',
  },
  dataDictionaries: {
    outcomes: researchers(ok),
    document: '{ dataDictionaries(table: "person") { name columns { name rules { policy leaves rule } } } }',
  },
  dataPreview: {
    outcomes: researchers(ok),
    document: '{ dataPreview(policy: "minimal", table: "person") { columns rows { cells } } }',
  },
  cohortCount: {
    outcomes: researchers(ok),
    document: 'query($c: String!) { cohortCount(criteria: $c) { approximate } }',
    variables: () => ({ c: '{"version":1,"all":[{"age":{"min":18}}]}' }),
  },
  cohortFunnel: {
    outcomes: researchers(ok),
    document: 'query($c: String!) { cohortFunnel(criteria: $c) { sentence count { approximate } } }',
    variables: () => ({ c: '{"version":1,"all":[{"age":{"min":18}}]}' }),
  },
  cohortProfile: {
    outcomes: researchers(ok),
    document: 'query($c: String!) { cohortProfile(criteria: $c) { total { reason } tables { cells { label } } } }',
    variables: () => ({ c: '{"version":1,"all":[{"age":{"min":18}}]}' }),
  },
  feasibility: {
    outcomes: researchers(ok),
    document:
      'query($d: FeasibilityInput!) { feasibility(draft: $d) { total { reason } cells { terms } offers { approving } } }',
    variables: () => ({
      d: {
        use: { research: ['DUO:0000042'], commercial: false },
        criteria: '{"version":1,"all":[{"age":{"min":18}}]}',
        fields: ['Condition'],
        country: 'AT',
        termMonths: 12,
        unitMinor: 1000,
      },
    }),
  },
  countLocks: { outcomes: officers(empty), document: '{ countLocks { id } }' },
  releaseCountLock: {
    outcomes: officers('COUNT_RELEASE_REFUSED'),
    document: 'mutation($id: ID!) { releaseCountLock(id: $id, reason: "They explained it to us.") }',
    variables: () => ({ id: toGlobalId('CountLock', randomUUID()) }),
  },
  criteriaInWords: {
    outcomes: researchers(ok),
    document: 'query($c: String!) { criteriaInWords(criteria: $c) }',
    variables: () => ({ c: '{"version":1,"all":[{"age":{"min":18}}]}' }),
  },
  matchCodes: {
    outcomes: researchers(ok),
    document:
      'query($s: String!, $t: String!) { matchCodes(system: $s, text: $t) { matched { code text } unmatched } }',
    variables: () => ({ s: 'http://snomed.info/sct', t: '44054006' }),
  },
  viewsInWords: {
    outcomes: researchers(ok),
    document: 'query($v: [String!]!) { viewsInWords(views: $v, fields: ["Observation"]) }',
    variables: () => ({ v: [OWN_VIEW] }),
  },
  noisyCount: {
    outcomes: researchers(ok),
    document: 'query($c: String!) { noisyCount(criteria: $c, epsilonMilli: 1000) { suppressed leftMilli } }',
    variables: () => ({ c: '{"version":1,"all":[{"age":{"min":18}}]}' }),
  },
};
