import { randomUUID } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AuditModule } from '@aceso/audit';
import { SourceRecordDirectory } from '@aceso/identity';
import { IdentityApiModule } from '@aceso/identity/api';
import { LINK } from '@aceso/identity/domain';
import {
  digestOf,
  openIdentityKit,
  type KnownSourceRecords,
  type Member,
  type TestParty,
} from '@aceso/identity/testing';
import { LedgerModule } from '@aceso/ledger';
import { PlatformModule } from '@aceso/platform';
import { EdgeModule } from '@aceso/platform/graphql';
import { ConsentKit, signDiscoveryTerms, signRevocation } from '../testing';
import { ConsentApiModule } from '.';

/** Identity and consent as clients meet them: over HTTP, with real tokens. */
let kit: ConsentKit;
let app: NestFastifyApplication;
let clinic: Member;
let records: KnownSourceRecords;

beforeAll(async () => {
  kit = new ConsentKit(await openIdentityKit());
  records = kit.identity.records;
  const { config, roleUrls, logger } = kit.identity.test;

  @Global()
  @Module({ providers: [{ provide: SourceRecordDirectory, useValue: records }], exports: [SourceRecordDirectory] })
  class RecordsModule {}

  const built = await Test.createTestingModule({
    imports: [
      PlatformModule.forProcess({ process: 'api', config, roleUrls, logger }),
      LedgerModule,
      AuditModule,
      EdgeModule.forRoot({ logger, introspection: true, oncePerDocument: [] }),
      RecordsModule,
      IdentityApiModule,
      ConsentApiModule,
    ],
  }).compile();
  app = built.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  clinic = await kit.identity.member('provider');
});
afterAll(async () => {
  await app.close();
  await kit.identity.test.close();
});

interface Answer {
  data: Record<string, never> | null;
  errors?: { extensions: { code: string } }[];
}

async function ask(query: string, variables: object, token?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const response = await app.inject({ method: 'POST', url: '/graphql', headers, payload: { query, variables } });
  return response.json();
}

async function data<Data>(query: string, variables: object, token?: string): Promise<Data> {
  const { data: given, errors } = await ask(query, variables, token);
  expect(errors).toBeUndefined();
  return given as Data;
}

const code = async (asked: Promise<Answer>) => (await asked).errors?.[0]?.extensions.code;

const loginWith = 'mutation($s: String!) { login(statement: $s) { token } }';

async function login(client: TestParty): Promise<string> {
  const query = 'mutation($s: String!) { login(statement: $s) { token expiresAt party { id did role } } }';
  const { login: session } = await data<{ login: { token: string; party: object } }>(query, {
    s: client.login({ tokenType: 'Bearer' }),
  });
  expect(session.party).toMatchObject({ did: client.did });
  return session.token;
}

it('takes a patient from a key to a bound record and terms, each act visible to the patient', async () => {
  const amina = kit.identity.client();
  const registration = amina.registration('patient');
  const register = 'mutation($s: String!) { register(statement: $s) { id did role } }';
  const { register: party } = await data<{ register: { id: string } }>(register, { s: registration });
  expect(await data(register, { s: registration })).toEqual({ register: party });
  const token = await login(amina);
  expect(await data('{ me { id did role } }', {}, token)).toEqual({ me: party });

  const save = 'mutation($input: ContactInput!) { saveContact(input: $input) }';
  await data(save, { input: { name: 'Amina Yusuf', email: 'amina@example.org', phone: null } }, token);
  expect(await data('{ myContact { name email phone address } }', {}, token)).toEqual({
    myContact: { name: 'Amina Yusuf', email: 'amina@example.org', phone: null, address: null },
  });

  const record = records.add(clinic.actor.partyId);
  const oneTimeCode = randomUUID();
  const { attestBinding } = await data<{ attestBinding: { attestation: string } }>(
    'mutation($s: String!) { attestBinding(statement: $s) { attestation } }',
    { s: clinic.client.attestation(record, oneTimeCode) },
    await login(clinic.client),
  );
  const bind = 'mutation($s: String!, $c: String!) { bind(statement: $s, code: $c) { sourceRecord } }';
  const binding = amina.binding(record, attestBinding.attestation);
  expect(await data(bind, { s: binding, c: oneTimeCode }, token)).toEqual({ bind: { sourceRecord: record } });
  await data(
    'mutation($s: String!) { setDiscoveryTerms(statement: $s) { discovery } }',
    { s: signDiscoveryTerms(amina, 'permit') },
    token,
  );
  expect(await data('{ statementHead { sequence digest } }', {}, token)).toEqual({
    statementHead: { sequence: 2, digest: amina.previous },
  });

  const events =
    'query($after: String) { myAccessEvents(first: 3, after: $after) { edges { node { act permitted entry } } pageInfo { hasNextPage endCursor } } }';
  type Page = {
    myAccessEvents: { edges: { node: { act: string; entry: string } }[]; pageInfo: { endCursor: string } };
  };
  const first = await data<Page>(events, {}, token);
  const rest = await data<Page>(events, { after: first.myAccessEvents.pageInfo.endCursor }, token);
  const acts = [...first.myAccessEvents.edges, ...rest.myAccessEvents.edges].map(({ node }) => node.act);
  expect(acts).toEqual([
    'consent.terms-set',
    'source-record.bound',
    'source-record.attested',
    'contact.read',
    'contact.saved',
    'party.registered',
  ]);
  expect(first.myAccessEvents.edges.every(({ node }) => node.entry.length > 0)).toBe(true);
});

it('lists grants in pages and takes one back', async () => {
  const patient = await kit.boundPatient(clinic);
  const digests = [];
  for (let request = 0; request < 3; request += 1)
    digests.unshift(await kit.grant(patient, kit.target([patient.record])));
  const token = await login(patient.client);
  const list =
    'query($after: String) { myGrants(first: 2, after: $after) { edges { node { grant revokedAt } } pageInfo { hasNextPage endCursor } } }';
  type Page = {
    myGrants: { edges: { node: { grant: string; revokedAt: string | null } }[]; pageInfo: { endCursor: string } };
  };
  const first = await data<Page>(list, {}, token);
  const second = await data<Page>(list, { after: first.myGrants.pageInfo.endCursor }, token);
  const nodes = [...first.myGrants.edges, ...second.myGrants.edges].map(({ node }) => node);
  expect(nodes.map(({ grant }) => grant)).toEqual(digests);
  const revoke = 'mutation($s: String!) { revoke(statement: $s) { grant } }';
  const text = signRevocation(patient.client, digests[0]!);
  expect(await data(revoke, { s: text }, token)).toEqual({ revoke: { grant: digests[0] } });
  expect((await data<Page>(list, {}, token)).myGrants.edges[0]?.node.revokedAt).not.toBeNull();
  expect(await code(ask(list, { after: 'bm9uc2Vuc2U' }, token))).toBe('PAGE_INVALID');
});

it('refuses with the code that says why, and knows nobody without a valid token', async () => {
  const register = 'mutation($s: String!, $i: String) { register(statement: $s, invitation: $i) { id } }';
  const stranger = kit.identity.client();
  expect(await code(ask(register, { s: '{}' }))).toBe('STATEMENT_MALFORMED');
  expect(await code(ask(register, { s: stranger.registration('officer') }))).toBe('INVITATION_REQUIRED');
  expect(await code(ask(loginWith, { s: stranger.login() }))).toBe('KEY_UNKNOWN');
  expect(await code(ask('{ me { id } }', {}))).toBe('UNAUTHENTICATED');
  expect(await code(ask('{ me { id } }', {}, 'a.b.c'))).toBe('UNAUTHENTICATED');
  const patient = await kit.boundPatient(clinic);
  const token = await login(patient.client);
  const attest = 'mutation($s: String!) { attestBinding(statement: $s) { attestation } }';
  expect(await code(ask(attest, { s: '{}' }, token))).toBe('FORBIDDEN');
  const other = await kit.boundPatient(clinic);
  const terms = 'mutation($s: String!) { setDiscoveryTerms(statement: $s) { discovery } }';
  expect(await code(ask(terms, { s: signDiscoveryTerms(other.client, 'permit') }, token))).toBe('SIGNER_NOT_ACTOR');
  const link = patient.client.signNext(LINK, {
    sourceRecords: [randomUUID(), randomUUID()].sort() as [string, string],
  });
  const confirm = 'mutation($s: String!) { confirmLink(statement: $s) { sourceRecords } }';
  expect(await code(ask(confirm, { s: link }, token))).toBe('LINK_NOT_PROPOSED');
  expect(digestOf(link)).toBe(patient.client.previous);
});

it('leaves a suspended party its licence and its appeal, and a patient its reading', async () => {
  const officer = await kit.identity.member('officer');
  const center = await kit.identity.member('researcher');
  const token = await login(center.client);
  await kit.identity.freeze(center, officer);
  expect(await code(ask('{ me { id } }', {}, token))).toBe('ACTOR_STOPPED');
  const { data } = await ask('{ myLicence { state active steps { number state } } }', {}, await login(center.client));
  expect(data?.myLicence).toMatchObject({ state: 'SUSPENDED', active: false, steps: [{ number: 2 }, { number: 1 }] });
  const appeal = 'mutation($s: String!) { appealLicence(statement: $s) { statement } }';
  expect(await code(ask(appeal, { s: center.client.licenceAppeal(2) }, token))).toBeUndefined();

  const patient = await kit.boundPatient(clinic);
  const reading = await login(patient.client);
  await kit.identity.freeze(patient, officer);
  expect(await code(ask('{ myGrants { edges { cursor } } }', {}, reading))).toBeUndefined();
  const terms = 'mutation($s: String!) { setDiscoveryTerms(statement: $s) { discovery } }';
  expect(await code(ask(terms, { s: signDiscoveryTerms(patient.client, 'deny') }, reading))).toBe('ACTOR_STOPPED');
  const revoke = 'mutation($s: String!) { revoke(statement: $s) { grant } }';
  expect(await code(ask(revoke, { s: signRevocation(patient.client, 'ab'.repeat(32)) }, reading))).not.toBe(
    'ACTOR_STOPPED',
  );
});

it.each(['patient', 'researcher'] as const)(
  'rotates a key of a %s: its sessions end, those of others stay',
  async (role) => {
    const { client } = await kit.identity.member(role);
    const token = await login(client);
    const phone = role === 'patient' ? kit.identity.passkeyClient() : kit.identity.client();
    const addKey = 'mutation($s: String!) { addKey(statement: $s) { did } }';
    expect(await ask(addKey, { s: client.keyAddition(phone) }, token)).toMatchObject({
      data: { addKey: { did: phone.did } },
    });
    const second = await login(phone);
    phone.continueFrom(client);
    const revokeKey = 'mutation($s: String!) { revokeKey(statement: $s) { did } }';
    expect(await code(ask(revokeKey, { s: phone.keyRevocation(client.did) }, second))).toBeUndefined();
    expect(await code(ask('{ me { id } }', {}, token))).toBe('UNAUTHENTICATED');
    expect(await code(ask(loginWith, { s: client.login({ tokenType: 'Bearer' }) }))).toBe('KEY_REVOKED');
    const { myKeys } = await data<{ myKeys: object[] }>(
      '{ myKeys { did kind revokedAt compromisedSince signatureCounter } }',
      {},
      second,
    );
    expect(myKeys).toEqual([
      { did: client.did, kind: 'ED25519', revokedAt: expect.any(String), compromisedSince: null, signatureCounter: 0 },
      {
        did: phone.did,
        kind: role === 'patient' ? 'PASSKEY_ES256' : 'ED25519',
        revokedAt: null,
        compromisedSince: null,
        signatureCounter: role === 'patient' ? 3 : 0,
      },
    ]);
  },
);
