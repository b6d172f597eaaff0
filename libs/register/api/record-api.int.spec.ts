import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AuditModule } from '@aceso/audit';
import type { PermissionRule } from '@aceso/consent/domain';
import { IdentityApiModule } from '@aceso/identity/api';
import type { Member } from '@aceso/identity/testing';
import type { SourceRecordId } from '@aceso/kernel';
import { LedgerModule } from '@aceso/ledger';
import { PlatformModule } from '@aceso/platform';
import { EdgeModule, toGlobalId } from '@aceso/platform/graphql';

import { AccessKit } from '../testing';
import { RegisterApiModule } from '.';

/** Records as patients, physicians and officers meet them: over HTTP, with real tokens. */
let kit: AccessKit;
let app: NestFastifyApplication;
let clinic: Member;
let patient: Member;
let physician: Member;
let record: SourceRecordId;
const tokens = new Map<Member, string>();

beforeAll(async () => {
  kit = await AccessKit.open();
  const { identity } = kit.consent;
  const { config, roleUrls, logger } = identity.test;
  const built = await Test.createTestingModule({
    imports: [
      PlatformModule.forProcess({ process: 'api', config, roleUrls, logger }),
      LedgerModule,
      AuditModule,
      EdgeModule.forRoot({ logger, introspection: true, oncePerDocument: [] }),
      IdentityApiModule,
      RegisterApiModule,
    ],
  }).compile();
  app = built.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  [clinic, patient] = [await identity.member('provider'), await identity.member('patient')];
  physician = await identity.member('physician');
  await identity.attestMembership(clinic, physician, true);
  const subject = { reference: 'Patient/p1' };
  record = await kit.bindRecord(patient, clinic, 'p1', [
    { resourceType: 'Patient', id: 'p1' },
    { resourceType: 'Condition', id: 'c1', subject, onsetDateTime: '2001-01-01' },
    { resourceType: 'Condition', id: 'c2', subject, onsetDateTime: '2002-01-01' },
  ]);
});
afterAll(async () => {
  await app.close();
  await kit.close();
});

async function bearer(member: Member): Promise<Record<string, string>> {
  const known = tokens.get(member);
  if (known) return { authorization: `Bearer ${known}` };
  const query = 'mutation($s: String!) { login(statement: $s) { token } }';
  const payload = { query, variables: { s: member.client.login({ tokenType: 'Bearer' }) } };
  const answer = await app.inject({ method: 'POST', url: '/graphql', payload });
  const { token } = answer.json<{ data: { login: { token: string } } }>().data.login;
  tokens.set(member, token);
  return { authorization: `Bearer ${token}` };
}

async function ask<Data>(member: Member, query: string, variables: object = {}): Promise<Data> {
  const headers = await bearer(member);
  const answer = await app.inject({ method: 'POST', url: '/graphql', headers, payload: { query, variables } });
  const { data, errors } = answer.json<{ data: Data; errors?: { extensions: { code: string } }[] }>();
  if (errors?.[0]) throw new Error(errors[0].extensions.code);
  return data;
}

const rule = (changes: Partial<PermissionRule> = {}): PermissionRule => ({
  subject: { class: 'physicians' },
  category: {},
  level: 'read',
  purpose: 'treatment',
  ...changes,
});
interface Entries {
  readonly edges: readonly { readonly node: { readonly type: string; readonly day: string | null } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}
const PAGE = '{ edges { node { type day provider sourceRecord labels resource } } pageInfo { hasNextPage endCursor } }';
const days = ({ edges }: Entries): (string | null)[] => edges.map(({ node }) => node.day);

it('pages a timeline by its cursor', async () => {
  const query = `query($after: String) { myTimeline(first: 2, after: $after) ${PAGE} }`;
  const { myTimeline: first } = await ask<{ myTimeline: Entries }>(patient, query);
  expect([days(first), first.pageInfo.hasNextPage]).toEqual([['2002-01-01', '2001-01-01'], true]);
  const { myTimeline: second } = await ask<{ myTimeline: Entries }>(patient, query, {
    after: first.pageInfo.endCursor,
  });
  expect([days(second), second.pageInfo.hasNextPage]).toEqual([[null], false]);
  await expect(ask(patient, query, { after: Buffer.from('["x","y","0","1"]').toString('base64url') })).rejects.toThrow(
    'PAGE_INVALID',
  );
});

it.each([
  ['types: ["Diagnosis"]'],
  ['types: []'],
  ['codes: ["2339-0"]'],
  ['from: "2001-13-01"'],
  ['from: "2002-01-01", to: "2001-01-01"'],
  [`types: [${Array.from({ length: 51 }, () => '"Condition"').join()}]`],
])('refuses a filter that cannot be meant: %s', async (filter) => {
  await expect(ask(patient, `{ myTimeline(filter: { ${filter} }) ${PAGE} }`)).rejects.toThrow('RECORD_FILTER_INVALID');
});

it('tells the patient who looked, in which role, for whom, why and under which rule', async () => {
  await kit.consent.setRules(patient, [rule({ category: { types: ['Condition'] } })]);
  const read = `query($of: PatientHandleInput!) { patientRecord(of: $of) ${PAGE} }`;
  const of = { patient: toGlobalId('Party', patient.actor.partyId) };
  const { patientRecord } = await ask<{ patientRecord: Entries }>(physician, read, { of });
  expect(patientRecord.edges.map(({ node }) => node.type)).toEqual(['Condition', 'Condition']);
  await kit.consent.setRules(patient, [rule({ level: 'none' })]);
  await expect(ask(physician, read, { of: { sourceRecord: record } })).rejects.toThrow('NO_DATA');
  await expect(ask(physician, read, { of: { ...of, sourceRecord: record } })).rejects.toThrow('PATIENT_HANDLE_INVALID');
  const looked =
    '{ myAccessEvents(first: 3) { edges { node { act actor actorRole actingFor purpose basis rule permitted reason entry } } } }';
  const { myAccessEvents } = await ask<{ myAccessEvents: { edges: { node: object }[] } }>(patient, looked);
  const same = {
    act: 'record.opened',
    actor: toGlobalId('Party', physician.actor.partyId),
    actorRole: 'physician',
    actingFor: toGlobalId('Party', clinic.actor.partyId),
    purpose: 'treatment',
    basis: 'rule',
    rule: 1,
    entry: expect.any(String) as string,
  };
  const ofPhysician = myAccessEvents.edges
    .map(({ node }) => node)
    .filter((node) => 'actorRole' in node && node.actorRole === 'physician');
  expect(ofPhysician).toEqual([
    { ...same, permitted: false, reason: 'RULE_DENIES' },
    { ...same, permitted: true, reason: null },
  ]);
});

it('hands the patient its record as a file, and nobody else', async () => {
  const get = async (url: string, member?: Member, method: 'GET' | 'HEAD' = 'GET') =>
    app.inject({ method, url, headers: member ? await bearer(member) : {} });
  const bundle = await get('/record/fhir', patient);
  expect(bundle.headers).toMatchObject({
    'content-type': 'application/fhir+json; charset=utf-8',
    'content-disposition': 'attachment; filename="record.json"',
    'cache-control': 'private, no-store',
  });
  expect(bundle.json<{ entry: object[] }>().entry).toHaveLength(3);
  const table = await get('/record/csv', patient);
  expect(table.body.split('\r\n')[0]).toBe('day,type,id,provider,code,display,value,unit,status,resource');
  expect((await get('/record/xml', patient)).statusCode).toBe(404);
  expect((await get('/record/fhir')).statusCode).toBe(401);
  expect((await get('/record/fhir', physician)).statusCode).toBe(403);
  const exports = async () =>
    kit.consent.identity.test.ownerQuery(`select from audit.access_event where act = 'record.exported'`);
  const before = await exports();
  expect((await get('/record/fhir', patient, 'HEAD')).body).toBe('');
  expect(await exports()).toEqual(before);
});

it('shows an emergency to its patient and its reviewer', async () => {
  await kit.consent.setRules(patient, [rule({ level: 'none' })]);
  const open = `mutation($id: String!) {
    openEmergency(of: { sourceRecord: $id }, reason: UNCONSCIOUS, text: "Found in the street.") { id expiresAt } }`;
  const { openEmergency } = await ask<{ openEmergency: { id: string } }>(physician, open, { id: record });
  const read = `query($id: ID!) { emergencyRecord(emergency: $id) ${PAGE} }`;
  const { emergencyRecord } = await ask<{ emergencyRecord: Entries }>(physician, read, { id: openEmergency.id });
  expect(emergencyRecord.edges).toHaveLength(3);
  const officer = await kit.consent.identity.member('officer');
  const list = '{ emergenciesToReview { edges { node { id text reason decision } } } }';
  const seen = { id: openEmergency.id, text: 'Found in the street.', reason: 'UNCONSCIOUS' };
  expect(await ask(officer, list)).toEqual({ emergenciesToReview: { edges: [{ node: { ...seen, decision: null } }] } });
  await ask(officer, 'mutation($id: ID!) { reviewEmergency(id: $id, decision: JUSTIFIED) }', { id: openEmergency.id });
  expect(await ask(officer, list)).toEqual({ emergenciesToReview: { edges: [] } });
  expect(await ask(patient, '{ myEmergencies { edges { node { id text reason decision } } } }')).toEqual({
    myEmergencies: { edges: [{ node: { ...seen, decision: 'JUSTIFIED' } }] },
  });
});

it('lets a physician write, and a disclosure out by two officers', async () => {
  await kit.consent.setRules(patient, [rule({ level: 'write' })]);
  const note = JSON.stringify({
    resourceType: 'Observation',
    id: 'n',
    status: 'final',
    code: {},
    subject: { reference: 'Patient/p1' },
  });
  const write = 'mutation($id: String!, $r: [String!]!) { writeRecord(sourceRecord: $id, resources: $r) { written } }';
  expect(await ask(physician, write, { id: record, r: [note] })).toEqual({ writeRecord: { written: 1 } });
  await expect(ask(physician, write, { id: 'nobody', r: [note] })).rejects.toThrow('NO_DATA');
  const { identity } = kit.consent;
  const [first, second] = [await identity.member('officer'), await identity.member('officer')];
  const propose = `mutation($id: String!) { proposeDisclosure(
    input: { sourceRecord: $id, kind: COURT_ORDER, reference: "7 Ob 12/26", types: ["Observation"] }) }`;
  const { proposeDisclosure: id } = await ask<{ proposeDisclosure: string }>(first, propose, { id: record });
  const fetchIt = async () => app.inject({ method: 'GET', url: `/disclosures/${id}`, headers: await bearer(first) });
  expect((await fetchIt()).statusCode).toBe(404);
  await ask(second, 'mutation($id: ID!) { approveDisclosure(id: $id) }', { id });
  expect((await fetchIt()).json()).toMatchObject({ entry: [{ resource: { id: 'n' } }] });
  const { disclosures } = await ask<{ disclosures: { edges: { node: object }[] } }>(
    patient,
    '{ disclosures { edges { node { kind reference types approvedBy } } } }',
  );
  expect(disclosures.edges).toEqual([
    {
      node: {
        kind: 'COURT_ORDER',
        reference: '7 Ob 12/26',
        types: ['Observation'],
        approvedBy: toGlobalId('Party', second.actor.partyId),
      },
    },
  ]);
});
