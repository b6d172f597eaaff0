import { randomUUID } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { asId, base64, utf8, type LedgerEntryId, type PartyId, type PersonId } from '@aceso/kernel';
import { PlatformModule, RefusalLog, sha256, verifyEd25519, type Refusal } from '@aceso/platform';
import { EdgeModule, toGlobalId, TokenVerifier, type Actor } from '@aceso/platform/graphql';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { judgeReceipt, parseTlogProof, parseTrustPolicy, verifyReceipt, withExtra, type Opening } from '../domain';
import { Erasures } from '../erasures';
import { KeyUseLog } from '../key-use-log';
import { Ledger, type Receipt } from '../ledger';
import { createLedger, createSequencer, PlainKeyUseLog, publishAll } from '../testing';
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

const judge = (file: string) =>
  judgeReceipt(
    { receipt: utf8(file), policy: parseTrustPolicy(`log ${app.get(Ledger).verifierKey()}\nquorum none\n`, sha256) },
    { sha256, verifyEd25519 },
  );

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

it('shows the newest final anchor to everybody, and no other', async () => {
  const query = '{ status { anchor { chainId contract size transactionHash blockNumber finalAt } } }';
  await publishAll(createSequencer(test));
  await test.ownerQuery(
    `insert into ledger.anchor select 1337, decode(repeat('ab', 20), 'hex'), number, b.height, b.size, b.root, b.root, b.root, 7, now()
     from ledger.block b, generate_series(0, 2) number where b.height = 0`,
  );
  expect(await ask(query)).toEqual({ data: { status: { anchor: null } } });
  await test.ownerQuery(
    `insert into ledger.anchor_outcome
     select chain_id, contract, number, 'lost' from ledger.anchor where number = 0`,
  );
  expect(await ask(query)).toEqual({ data: { status: { anchor: null } } });
  await test.ownerQuery(
    `insert into ledger.anchor_outcome
     values (1337, decode(repeat('ab', 20), 'hex'), 1, 'final', decode(repeat('cd', 32), 'hex'), 8, sha256(''), '2026-01-02T03:04:05Z')`,
  );
  expect(await ask(query)).toEqual({
    data: {
      status: {
        anchor: {
          chainId: '1337',
          contract: `0x${'ab'.repeat(20)}`,
          size: '1',
          transactionHash: `0x${'cd'.repeat(32)}`,
          blockNumber: '8',
          finalAt: '2026-01-02T03:04:05.000Z',
        },
      },
    },
  });
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

interface Listed {
  edges: { cursor: string; node: { index: string; file: string; opening: { payload: string } | null } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

describe('a list of receipts', () => {
  const LIST = `query L($first: Int!, $after: String, $opened: Boolean!) { receipts(first: $first, after: $after, opened: $opened) {
    edges { cursor node { index file opening { payload } } } pageInfo { hasNextPage endCursor } } }`;
  const list = async (variables: object, token = 'patient'): Promise<Listed> =>
    ((await ask(LIST, { first: 2, opened: false, ...variables }, token)) as unknown as { data: { receipts: Listed } })
      .data.receipts;
  const opened = async (): Promise<number> =>
    Number(
      (
        await test.ownerQuery<{ n: string }>(
          `select count(*) as n from audit.access_event where act = 'ledger.receipt-opened'`,
        )
      )[0]?.n,
    );

  it('shows what concerns the party, newest first and page by page, and opens nothing unasked', async () => {
    for (let n = 0; n < 3; n += 1) {
      await append(PATIENT.partyId);
      await append(PATIENT.personId);
      await append(RESEARCHER.partyId);
    }
    await publishAll(createSequencer(test));
    await append(PATIENT.partyId); // not public yet
    const before = await opened();
    const indexes: bigint[] = [];
    for (let after: string | null = null; ;) {
      const { edges, pageInfo } = await list({ after });
      indexes.push(...edges.map(({ node }) => BigInt(node.index)));
      for (const { node } of edges) {
        expect(node.opening).toBeNull();
        expect(judge(node.file)).toMatchObject({ verdict: 'verified', kind: 'person', payload: null });
      }
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect(indexes.length).toBeGreaterThanOrEqual(6);
    expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => (a < b ? 1 : -1)));
    expect(await opened()).toBe(before);
    expect((await list({ first: 100 }, 'researcher')).edges).toHaveLength(3);
  });

  it('opens each that it shows when asked, with an access event each', async () => {
    const before = await opened();
    const { edges } = await list({ opened: true });
    expect(edges).toHaveLength(2);
    for (const { node } of edges) {
      expect(JSON.parse(node.opening?.payload as string)).toMatchObject({ code: 'consent.granted' });
      expect(judge(node.file)).toMatchObject({ verdict: 'verified', payload: node.opening?.payload });
    }
    expect(await opened()).toBe(before + 2);
  });

  it('refuses what is no page of it, and callers without a token', async () => {
    const refusal = async (variables: object, token?: string) =>
      (await ask(LIST, { first: 2, opened: false, ...variables }, token)) as unknown;
    const cursor = Buffer.from('["x"]').toString('base64url');
    const invalid = { errors: [{ extensions: { code: 'PAGE_INVALID' } }] };
    expect(await refusal({ first: 101 }, 'patient')).toMatchObject(invalid);
    expect(await refusal({ after: cursor }, 'patient')).toMatchObject(invalid);
    expect(await refusal({})).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });
});

describe('a receipt that somebody holds', () => {
  const renew = async (payload: string, type = 'text/plain'): Promise<{ status: number; body: string }> => {
    const answer = await app.inject({
      method: 'POST',
      url: '/ledger/receipts',
      headers: { 'content-type': type },
      payload,
    });
    return { status: answer.statusCode, body: answer.body };
  };

  it('gets a new proof, and after the erasure 410 with the proof', async () => {
    const subject = randomUUID();
    const id = await append(subject);
    await publishAll(createSequencer(test));
    const { proof, entry, opening } = await held(id);
    const file = withExtra(proof, { entry, opening });
    await append(undefined);
    await publishAll(createSequencer(test));
    const fresh = await renew(file);
    expect(fresh.status).toBe(200);
    expect(judge(fresh.body)).toMatchObject({ verdict: 'verified', payload: null });
    expect(parseTlogProof(utf8(fresh.body)).checkpoint).not.toBe(parseTlogProof(utf8(file)).checkpoint);
    const erasures = new Erasures(test.database, app.get(Ledger), test.runtime);
    await test.database.transaction('worker', (tx) =>
      erasures.erase(tx, [{ subjectId: subject, basis: 'gdpr-17-1-b' }]),
    );
    const gone = await renew(file);
    expect(gone.status).toBe(410);
    expect(judge(gone.body)).toMatchObject({ verdict: 'verified', payload: null });
    expect(judge(file)).toMatchObject({ verdict: 'verified', payload: opening.payload });
  });

  it('is one answer for everybody who does not hold one', async () => {
    const id = await append(randomUUID());
    await publishAll(createSequencer(test));
    const { proof, entry, opening, index } = await held(id);
    const other = await held(await appendPublic());
    const answers = [
      await renew(withExtra(proof, { entry })), // as an auditor has it
      await renew(withExtra(proof, { entry, opening: { ...opening, salt: new Uint8Array(32) } })),
      await renew(withExtra(proof, { entry: other.entry, opening: other.opening })),
      await renew(withExtra(proof, { entry, opening }).replace(`index ${index}`, 'index 4000000')),
      await renew(withExtra(proof, { opening })),
      await renew(proof),
      await renew('no receipt'),
      await renew('{}', 'application/json'),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(404);
      expect(JSON.parse(body)).toMatchObject({ error: { code: 'NOT_FOUND' } });
    }
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  });
});

async function appendPublic(): Promise<LedgerEntryId> {
  const id = await append(randomUUID());
  await publishAll(createSequencer(test));
  return id;
}

/** What the instance gives to its own: the receipt of an entry of anybody. */
async function held(id: LedgerEntryId): Promise<Receipt & { opening: Opening }> {
  const receipt = await createLedger(test).receipt(id);
  return receipt as Receipt & { opening: Opening };
}
