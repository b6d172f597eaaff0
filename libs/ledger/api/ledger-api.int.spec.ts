import { randomUUID } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { asId, base64, utf8, type LedgerEntryId, type PartyId, type PersonId } from '@aceso/kernel';
import { PlatformModule, RefusalLog, sha256, verifyEd25519, type Refusal } from '@aceso/platform';
import { EdgeModule, toGlobalId, TokenVerifier, type Actor } from '@aceso/platform/graphql';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { parseTrustPolicy, verifyReceipt } from '../domain';
import { KeyUseLog } from '../key-use-log';
import { Ledger } from '../ledger';
import { createSequencer, PlainKeyUseLog, publishAll } from '../testing';
import { LedgerApiModule } from '.';

jest.setTimeout(60_000);

const PATIENT: Actor = {
  partyId: asId<'Party'>('11111111-1111-4111-8111-111111111111') satisfies PartyId,
  personId: asId<'Person'>('22222222-2222-4222-8222-222222222222') satisfies PersonId,
  role: 'patient',
  did: 'did:key:z6Mkpatient',
};
const RESEARCHER: Actor = {
  partyId: asId('33333333-3333-4333-8333-333333333333'),
  role: 'researcher',
  did: 'did:key:z6Mkr',
};
const TOKENS: Record<string, Actor> = { patient: PATIENT, researcher: RESEARCHER };

const refusals: Refusal[] = [];

let test: TestDatabase;
let app: NestFastifyApplication;

@Global()
@Module({
  providers: [
    { provide: TokenVerifier, useValue: { verify: async (token: string) => TOKENS[token] ?? null } },
    { provide: KeyUseLog, useClass: PlainKeyUseLog },
    { provide: RefusalLog, useValue: { record: async (refusal: Refusal) => void refusals.push(refusal) } },
  ],
  exports: [TokenVerifier, KeyUseLog, RefusalLog],
})
class SurroundingsModule {}

beforeAll(async () => {
  test = await startTestDatabase();
  const { partyId, did, personId } = PATIENT;
  await test.ownerQuery(
    `with party as (insert into identity.party (id, did, role, registered_at) values ($1, $2, 'patient', now()))
     insert into identity.patient (party_id, person_id) values ($1, $3)`,
    [partyId, did, personId],
  );
  const { config, roleUrls, logger } = test;
  const built = await Test.createTestingModule({
    imports: [
      PlatformModule.forProcess({ process: 'api', config, roleUrls, logger }),
      EdgeModule.forRoot({ logger, introspection: true, oncePerDocument: [] }),
      SurroundingsModule,
      LedgerApiModule,
    ],
  }).compile();
  app = built.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
}, 120_000);
afterAll(async () => {
  await app.close();
  await test.close();
});

async function ask(query: string, variables: object = {}, token?: string): Promise<Record<string, never>> {
  const answer = await app.inject({
    method: 'POST',
    url: '/graphql',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    payload: { query, variables },
  });
  return answer.json<Record<string, never>>();
}

const RECEIPT = 'query R($entry: ID!) { receipt(entry: $entry) { proof entryBase64 opening { salt payload } } }';
const receiptOf = (id: LedgerEntryId, token?: string): Promise<Record<string, never>> =>
  ask(RECEIPT, { entry: toGlobalId('LedgerEntry', id) }, token);

async function append(subjectId: string | undefined): Promise<LedgerEntryId> {
  const ledger = app.get(Ledger);
  return test.database.transaction('api', (tx) =>
    ledger.append(tx, { kind: 'person', code: 'consent.granted', ...(subjectId ? { subjectId } : {}) }),
  );
}

it('shows the public checkpoint to everybody, and says so before there is one', async () => {
  expect((await app.inject({ url: '/ledger/checkpoint' })).statusCode).toBe(404);
  expect(await ask('{ status { origin ledgerSize root checkpoint } }')).toEqual({
    data: { status: { origin: test.config.origin, ledgerSize: '0', root: null, checkpoint: null } },
  });
  await publishAll(createSequencer(test));
  const answer = await app.inject({ url: '/ledger/checkpoint' });
  expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(answer.headers['cache-control']).toBe('public, max-age=2');
  const { data } = await ask('{ status { verifierKey ledgerSize checkpoint } }');
  expect(data).toMatchObject({ status: { ledgerSize: '1', checkpoint: answer.body } });
});

it.each([
  ['person', PATIENT.personId as string],
  ['party', PATIENT.partyId as string],
])('gives a receipt to the %s whom the entry concerns, and to nobody else', async (_, subjectId) => {
  const id = await append(subjectId);
  refusals.length = 0;
  expect(await receiptOf(id, 'patient')).toEqual({ data: { receipt: null } });
  await publishAll(createSequencer(test));
  const { data } = (await receiptOf(id, 'patient')) as unknown as {
    data: { receipt: { proof: string; entryBase64: string; opening: { payload: string } } };
  };
  const { proof, entryBase64, opening } = data.receipt;
  const policy = parseTrustPolicy(`log ${app.get(Ledger).verifierKey()}\nquorum none\n`, sha256);
  const crypto = { sha256, verifyEd25519 };
  verifyReceipt({ proof: utf8(proof), entry: base64.decode(entryBase64) }, policy, crypto);
  expect(JSON.parse(opening.payload)).toMatchObject({ code: 'consent.granted' });
  expect(refusals).toEqual([]);
  expect(await receiptOf(id, 'researcher')).toEqual({ data: { receipt: null } });
  expect(refusals).toEqual([{ actorId: RESEARCHER.partyId, act: 'query.receipt', reason: 'NOT_FOUND' }]);
  expect(await receiptOf(id)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
});

it('answers alike for an entry of nobody and for one that does not exist', async () => {
  const id = await append(undefined);
  await publishAll(createSequencer(test));
  expect(await receiptOf(id, 'patient')).toEqual({ data: { receipt: null } });
  expect(await receiptOf(randomUUID() as LedgerEntryId, 'patient')).toEqual({ data: { receipt: null } });
  expect(await ask(RECEIPT, { entry: 'x' }, 'patient')).toMatchObject({
    errors: [{ extensions: { code: 'NOT_FOUND' } }],
  });
});
