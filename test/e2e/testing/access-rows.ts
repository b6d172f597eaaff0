import { randomUUID } from 'node:crypto';
import { toGlobalId } from '@aceso/platform/graphql';
import {
  type FieldRow,
  U,
  F,
  ok,
  empty,
  said,
  everybody,
  parties,
  patients,
  researchers,
  providers,
  officers,
  NOTHING,
  page,
  REQUEST,
  ORDER,
  KEY,
  signed,
  signedInChain,
} from './access-outcomes';
import { AUTHORITY_FIELDS } from './authority-rows';
import { COHORT_FIELDS } from './cohort-rows';
import { LICENCE_FIELDS } from './licence-rows';
import { QUESTION_FIELDS } from './question-rows';

/** Every query and every mutation. The order is that in which they are asked: what ends something comes last. */
export const FIELDS: Readonly<Record<string, FieldRow>> = {
  status: { outcomes: everybody(ok), document: '{ status { origin verifierKey checkpoint } }' },
  me: { outcomes: parties(ok), document: '{ me { id did role } }' },
  myKeys: { outcomes: parties(ok), document: '{ myKeys { did kind addedAt revokedAt signatureCounter } }' },
  statementHead: { outcomes: parties(ok), document: '{ statementHead { sequence digest } }' },
  myContact: { outcomes: parties(empty), document: '{ myContact { name } }' },
  receipt: {
    outcomes: [U, ok, ...everybody(empty).slice(2)],
    document: 'query($id: ID!) { receipt(entry: $id) { proof } }',
    variables: ({ ids }) => ({ id: ids.entry }),
    byId: true,
  },
  receipts: { outcomes: parties(ok), document: page('receipts') },
  headReceipt: { outcomes: patients(ok, empty), document: '{ headReceipt { sequence digest receipt { file } } }' },
  releaseReceipts: { outcomes: [U, ok, empty, F, F, ok, empty, F, F], document: page('releaseReceipts') },
  myRecords: { outcomes: patients(ok, empty), document: '{ myRecords { sourceRecord headDigest } }' },
  myDepartures: { outcomes: patients(ok, empty), document: '{ myDepartures { order leftAt state recallEnds } }' },
  myErasures: { outcomes: patients(empty), document: '{ myErasures { statement latencyDays deadOn } }' },
  proposedLinks: { outcomes: patients(empty), document: '{ proposedLinks { sourceRecords } }' },
  myEligibility: { outcomes: patients(ok), document: '{ myEligibility { eligible } }' },
  myRequests: { outcomes: patients(ok, empty), document: page('myRequests') },
  myGrants: { outcomes: patients(ok, empty), document: page('myGrants') },
  termsNotice: { outcomes: patients(ok), document: '{ termsNotice { text hash language } }' },
  consentBundle: {
    outcomes: patients(ok, 'NOT_FOUND'),
    document: 'query($grant: String!) { consentBundle(grant: $grant) }',
    variables: ({ ids }) => ({ grant: ids.grant }),
    byId: true,
  },
  myAccessEvents: { outcomes: patients(ok), document: page('myAccessEvents') },
  myBalance: { outcomes: [...parties(ok).slice(0, 7), F, F], document: '{ myBalance { amountMinor } }' },
  ...QUESTION_FIELDS,
  ...COHORT_FIELDS,
  affiliations: {
    outcomes: [U, F, F, empty, empty, empty, empty, empty, F],
    document: page('affiliations'),
  },
  request: {
    outcomes: researchers(ok, 'NOT_FOUND', ok),
    document: `query($id: ID!) { request(id: $id) ${REQUEST} }`,
    variables: ({ ids }) => ({ id: ids.request }),
    byId: true,
  },
  sentRequests: { outcomes: researchers(ok, empty), document: page('sentRequests') },
  requestsToReview: { outcomes: officers(ok), document: page('requestsToReview') },
  order: {
    outcomes: researchers(ok, 'NOT_FOUND'),
    document: `query($id: ID!) { order(id: $id) ${ORDER} }`,
    variables: ({ ids }) => ({ id: ids.order }),
    byId: true,
  },
  myOrders: { outcomes: researchers(ok, empty), document: page('myOrders') },
  upload: {
    outcomes: providers(ok, 'UPLOAD_NOT_FOUND'),
    document: 'query($id: ID!) { upload(id: $id) { state putUrl } }',
    variables: ({ ids }) => ({ id: ids.upload }),
    byId: true,
  },
  ingest: {
    outcomes: providers(ok, 'INGEST_NOT_FOUND'),
    document: 'query($id: ID!) { ingest(id: $id) { state reportUrl lines { accepted } } }',
    variables: ({ ids }) => ({ id: ids.ingest }),
    byId: true,
  },
  sourceRecordsByLocalId: {
    outcomes: providers(ok, empty),
    document: '{ sourceRecordsByLocalId(localIds: ["local-0"]) { sourceRecord } }',
  },
  register: {
    outcomes: everybody(said),
    document: 'mutation($s: String!) { register(statement: $s) { id } }',
    variables: NOTHING,
  },
  loginNonce: { outcomes: everybody(ok), document: '{ loginNonce { nonce expiresAt } }' },
  login: {
    outcomes: everybody(said),
    document: 'mutation($s: String!) { login(statement: $s) { token } }',
    variables: NOTHING,
  },
  addKey: {
    outcomes: parties(said),
    document: 'mutation($s: String!) { addKey(statement: $s) { did } }',
    variables: NOTHING,
  },
  revokeKey: {
    outcomes: parties(said),
    document: 'mutation($s: String!) { revokeKey(statement: $s) { did } }',
    variables: NOTHING,
  },
  ...LICENCE_FIELDS,
  saveContact: { outcomes: parties(ok), document: 'mutation { saveContact(input: { name: "Somebody" }) }' },
  setDiscoveryTerms: {
    outcomes: patients(said),
    document: 'mutation($s: String!) { setDiscoveryTerms(statement: $s) { discovery } }',
    variables: NOTHING,
  },
  setPermissionRules: {
    outcomes: patients(said),
    document: 'mutation($s: String!) { setPermissionRules(statement: $s) { rules } }',
    variables: NOTHING,
  },
  ...AUTHORITY_FIELDS,
  myPermissionRules: { outcomes: patients(ok), document: '{ myPermissionRules { rules { number } } }' },
  myConsentDocument: { outcomes: patients(ok), document: '{ myConsentDocument(version: R4) }' },
  proposePermissionRules: {
    outcomes: patients('FHIR_CONSENT_MALFORMED'),
    document: `{ proposePermissionRules(version: R5, document: "{}") { rules } }`,
  },
  explainAccess: {
    outcomes: patients(ok),
    document: `{ explainAccess(subject: { class: PHYSICIANS }, category: {}, purpose: TREATMENT) { effect sentence } }`,
  },
  attestMembership: {
    outcomes: providers('PHYSICIAN_UNKNOWN'),
    document: 'mutation($s: String!) { attestMembership(statement: $s) { member } }',
    // Of nobody: a membership that stands would change what the others may do.
    variables: signed('aceso/membership/v1', () => ({ physician: randomUUID(), member: true })),
  },
  setStandingTerms: {
    outcomes: patients(said),
    document: 'mutation($s: String!) { setStandingTerms(statement: $s) { mode } }',
    variables: NOTHING,
  },
  bind: {
    outcomes: patients(said),
    document: 'mutation($s: String!) { bind(statement: $s, code: "none") { sourceRecord } }',
    variables: NOTHING,
  },
  grant: {
    // Who was asked is let in as far as the chain of statements, which this one does not continue.
    outcomes: patients('SEQUENCE_MISMATCH', 'NOT_FOUND'),
    document: 'mutation($s: String!) { grant(statement: $s) { grant } }',
    variables: signed('aceso/grant/v1', ({ requestUuid, sourceRecord }) => ({
      request: requestUuid,
      version: 1,
      contentHash: 'ab'.repeat(32),
      recordsUpTo: [{ sourceRecord, sequence: 1, digest: 'ab'.repeat(32) }],
      notice: { hash: 'ab'.repeat(32), language: 'en', payment: true },
      amount: { amountMinor: '350', currency: 'EUR' },
      splitRule: 'ab'.repeat(32),
      seq: 1,
      prev: null,
    })),
    byId: true,
  },
  eraseMyRecord: {
    outcomes: patients(said),
    document: 'mutation($s: String!) { eraseMyRecord(statement: $s) { statement } }',
    variables: NOTHING,
  },
  unlink: {
    outcomes: patients(said),
    document: 'mutation($s: String!) { unlink(statement: $s) { sourceRecord } }',
    variables: NOTHING,
  },
  retractRecord: {
    outcomes: providers(said),
    document: 'mutation($s: String!) { retractRecord(statement: $s) { sourceRecord } }',
    variables: NOTHING,
  },
  acknowledgeWithdrawals: {
    outcomes: researchers(said),
    document: 'mutation($s: String!) { acknowledgeWithdrawals(statement: $s) { state } }',
    variables: NOTHING,
  },
  confirmLink: {
    outcomes: patients(said),
    document: 'mutation($s: String!) { confirmLink(statement: $s) { sourceRecords } }',
    variables: NOTHING,
  },
  attestBinding: {
    outcomes: providers(ok, 'SOURCE_RECORD_UNKNOWN'),
    document: 'mutation($s: String!) { attestBinding(statement: $s) { attestation } }',
    variables: signed('aceso/attestation/v1', ({ sourceRecord }) => ({
      sourceRecord,
      codeHash: 'cd'.repeat(32),
      evidence: 'in-person',
    })),
    byId: true,
  },
  openUpload: {
    outcomes: providers(ok),
    document: 'mutation($key: String!) { openUpload(input: { idempotencyKey: $key }) { id } }',
    variables: KEY,
  },
  startIngest: {
    outcomes: providers('UPLOAD_NOT_RECEIVED', 'UPLOAD_NOT_FOUND'),
    document: 'mutation($id: ID!, $key: String!) { startIngest(uploadId: $id, idempotencyKey: $key) { id } }',
    variables: ({ ids }) => ({ id: ids.upload, ...KEY() }),
    byId: true,
  },
  decline: {
    outcomes: patients('ANSWERING_CLOSED', 'NOT_FOUND'),
    document: 'mutation($id: ID!) { decline(request: $id, version: 1) { request } }',
    variables: ({ ids }) => ({ id: ids.requestUuid }),
    byId: true,
  },
  submitRequest: {
    outcomes: researchers(ok),
    document: 'mutation($input: SubmitRequestInput!) { submitRequest(input: $input) { id } }',
    variables: ({ world }) => ({ input: world.input() }),
  },
  amendRequest: {
    outcomes: researchers(ok, 'NOT_FOUND'),
    document: 'mutation($id: ID!, $input: SubmitRequestInput!) { amendRequest(id: $id, input: $input) { version } }',
    variables: ({ ids, world }) => ({ id: ids.submitted, input: world.input() }),
    byId: true,
  },
  fundRequest: {
    outcomes: researchers('REQUEST_STATE_REFUSED', 'NOT_FOUND'),
    document: 'mutation($id: ID!, $key: String!) { fundRequest(id: $id, version: 2, idempotencyKey: $key) { id } }',
    variables: ({ ids }) => ({ id: ids.submitted, ...KEY() }),
    byId: true,
  },
  decideRequest: {
    outcomes: officers(ok),
    document: `mutation($id: ID!, $key: String!) {
      decideRequest(id: $id, version: 2, decision: DECLINE, reason: "Not now.", idempotencyKey: $key) { state } }`,
    variables: ({ ids }) => ({ id: ids.submitted, ...KEY() }),
    byId: true,
  },
  declareAffiliation: {
    outcomes: officers('AFFILIATION_REFUSED'),
    document: 'mutation($party: ID!, $with: ID!) { declareAffiliation(party: $party, with: $with) }',
    // Parties that are not there: a declaration that stands would change what the others may do.
    variables: () => ({ party: toGlobalId('Party', randomUUID()), with: toGlobalId('Party', randomUUID()) }),
  },
  endAffiliation: {
    outcomes: officers('AFFILIATION_REFUSED'),
    document: 'mutation($party: ID!, $with: ID!) { endAffiliation(party: $party, with: $with) }',
    variables: () => ({ party: toGlobalId('Party', randomUUID()), with: toGlobalId('Party', randomUUID()) }),
  },
  recordDeposit: {
    outcomes: officers('BUYER_UNKNOWN'),
    document: `mutation($buyer: ID!, $key: String!) {
      recordDeposit(buyer: $buyer, amountMinor: "100", reference: "bank 7", idempotencyKey: $key) { amountMinor } }`,
    // A party that is no research center has no account to book on.
    variables: ({ world }) => ({ buyer: world.actors.patient?.did, ...KEY() }),
  },
  requestPayout: {
    outcomes: [U, 'INSUFFICIENT_FUNDS', 'INSUFFICIENT_FUNDS', F, F, 'INSUFFICIENT_FUNDS', 'INSUFFICIENT_FUNDS', F, F],
    document: `mutation($key: String!) { requestPayout(amountMinor: "100000000", idempotencyKey: $key) { amountMinor } }`,
    variables: KEY,
  },
  revoke: {
    outcomes: patients(ok, 'GRANT_UNKNOWN'),
    document: 'mutation($s: String!) { revoke(statement: $s) { grant } }',
    variables: signedInChain('aceso/revocation/v1', ({ grant }) => ({ grant })),
    byId: true,
  },
  cancelRequest: {
    outcomes: researchers(ok, 'NOT_FOUND'),
    document: 'mutation($id: ID!, $key: String!) { cancelRequest(id: $id, idempotencyKey: $key) { state } }',
    variables: ({ ids }) => ({ id: ids.submitted, ...KEY() }),
    byId: true,
  },
};
