import { ok, researchers, type FieldRow } from './access-outcomes';

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
  cohortCount: {
    outcomes: researchers(ok),
    document: 'query($c: String!) { cohortCount(criteria: $c) { approximate } }',
    variables: () => ({ c: '{"version":1,"all":[{"age":{"min":18}}]}' }),
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
