import { randomUUID } from 'node:crypto';
import { toGlobalId } from '@aceso/platform/graphql';
import { officers, patients, physicians, type FieldRow } from './access-outcomes';

const page = (field: string): string => `{ ${field} { edges { cursor } pageInfo { hasNextPage } } }`;
const NOBODYS = (type: string) => () => ({ id: toGlobalId(type, randomUUID()) });

/** Records for people. Before the rows of the sale, and lists before what fills them. */
export const RECORD_FIELDS: Readonly<Record<string, FieldRow>> = {
  myTimeline: { outcomes: patients('ok', 'empty'), document: page('myTimeline(filter: { types: ["Patient"] })') },
  myEmergencies: { outcomes: patients('empty'), document: page('myEmergencies') },
  emergenciesToReview: { outcomes: officers('empty'), document: page('emergenciesToReview') },
  disclosures: {
    outcomes: patients('empty').map((outcome, at) => (officers('empty')[at] === 'empty' ? 'empty' : outcome)),
    document: page('disclosures'),
  },
  // The patient has set no rule: its own provider's physician learns as little as anybody.
  patientRecord: {
    outcomes: physicians('NO_DATA'),
    document: 'query($id: String!) { patientRecord(of: { sourceRecord: $id }) { edges { cursor } } }',
    variables: ({ ids }) => ({ id: ids.sourceRecord }),
    byId: true,
  },
  writeRecord: {
    outcomes: physicians('NO_DATA'),
    document: 'mutation($id: String!, $r: [String!]!) { writeRecord(sourceRecord: $id, resources: $r) { written } }',
    variables: ({ ids }) => ({
      id: ids.sourceRecord,
      r: ['{"resourceType":"Observation","id":"o","status":"final","code":{},"subject":{"reference":"Patient/p"}}'],
    }),
    byId: true,
  },
  openEmergency: {
    outcomes: physicians('ok'),
    document: `mutation($id: String!) {
      openEmergency(of: { sourceRecord: $id }, reason: UNCONSCIOUS, text: "Found in the street.") { id expiresAt } }`,
    variables: ({ ids }) => ({ id: ids.sourceRecord }),
    byId: true,
  },
  emergencyRecord: {
    outcomes: physicians('NO_DATA'),
    document: 'query($id: ID!) { emergencyRecord(emergency: $id) { edges { cursor } } }',
    variables: NOBODYS('Emergency'),
  },
  reviewEmergency: {
    outcomes: officers('EMERGENCY_NOT_FOUND'),
    document: 'mutation($id: ID!) { reviewEmergency(id: $id, decision: JUSTIFIED) }',
    variables: NOBODYS('Emergency'),
  },
  proposeDisclosure: {
    outcomes: officers('ok'),
    document: `mutation($id: String!) {
      proposeDisclosure(input: { sourceRecord: $id, kind: COURT_ORDER, reference: "7 Ob 12/26" }) }`,
    variables: ({ ids }) => ({ id: ids.sourceRecord }),
  },
  approveDisclosure: {
    outcomes: officers('DISCLOSURE_NOT_FOUND'),
    document: 'mutation($id: ID!) { approveDisclosure(id: $id) }',
    variables: NOBODYS('Disclosure'),
  },
};
