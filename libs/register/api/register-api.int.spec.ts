import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AuditModule } from '@aceso/audit';
import { IdentityApiModule } from '@aceso/identity/api';
import { openIdentityKit, type IdentityKit, type Member } from '@aceso/identity/testing';
import { LedgerModule } from '@aceso/ledger';
import { PlatformModule } from '@aceso/platform';
import { EdgeModule } from '@aceso/platform/graphql';

import { ndjson, RegisterKit } from '../testing';
import { RegisterApiModule } from '.';

/** The register as providers and patients meet it: over HTTP, with real tokens. */
let identity: IdentityKit;
let kit: RegisterKit;
let app: NestFastifyApplication;
let clinic: Member;
let token: string;

beforeAll(async () => {
  identity = await openIdentityKit();
  kit = new RegisterKit(identity.test);
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
  app
    .getHttpAdapter()
    .getInstance()
    .addContentTypeParser(
      'application/octet-stream',
      (_request: unknown, body: unknown, done: (error: null, body: unknown) => void) => done(null, body),
    );
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  clinic = await identity.member('provider');
  token = await login(clinic);
});
afterAll(async () => {
  await app.close();
  await identity.test.close();
});

async function login({ client }: Member): Promise<string> {
  const { login: session } = await data<{ login: { token: string } }>(
    'mutation($s: String!) { login(statement: $s) { token } }',
    {
      s: client.login({ tokenType: 'Bearer' }),
    },
  );
  return session.token;
}

async function ask(query: string, variables: object, bearer?: string) {
  const headers = { 'content-type': 'application/json', ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) };
  const response = await app.inject({ method: 'POST', url: '/graphql', headers, payload: { query, variables } });
  return response.json<{ data: unknown; errors?: { extensions: { code: string } }[] }>();
}

async function data<Data>(query: string, variables: object, bearer?: string): Promise<Data> {
  const answer = await ask(query, variables, bearer);
  expect(answer.errors).toBeUndefined();
  return answer.data as Data;
}

const OPEN = 'mutation($input: OpenUploadInput!) { openUpload(input: $input) { id putUrl state } }';
const START = 'mutation($id: ID!, $key: String!) { startIngest(uploadId: $id, idempotencyKey: $key) { id state } }';
const INGEST =
  'query($id: ID!) { ingest(id: $id) { state reportUrl placedLater expired resources { accepted refused } lines { accepted refused } } }';
type Opened = { openUpload: { id: string; putUrl: string; state: string } };

function put(url: string, payload: Buffer, bearer = token) {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/octet-stream' };
  return app.inject({ method: 'PUT', url, headers, payload });
}

it('takes a file from the announcement to the report', async () => {
  const file = ndjson({ resourceType: 'Patient', id: 'amina' }, { resourceType: 'Nothing', id: 'Secret-Name' });
  const input = { bytes: file.length, idempotencyKey: 'one' };
  const { openUpload: upload } = await data<Opened>(OPEN, { input }, token);
  expect((await data<Opened>(OPEN, { input }, token)).openUpload).toEqual(upload);
  expect((await put(upload.putUrl, file)).statusCode).toBe(204);
  expect((await put(upload.putUrl, file)).json()).toMatchObject({ error: { code: 'UPLOAD_NOT_OPEN' } });
  const variables = { id: upload.id, key: 'two' };
  const { startIngest } = await data<{ startIngest: { id: string; state: string } }>(START, variables, token);
  expect(startIngest.state).toBe('ACCEPTED');
  expect((await data<{ startIngest: object }>(START, variables, token)).startIngest).toEqual(startIngest);
  const [event] = await identity.test.ownerQuery<{ payload: { ingestId: string } }>(
    `select payload from platform.outbox where topic = 'register.ingest'`,
  );
  await kit.ingests.run(event?.payload.ingestId as string);
  const { ingest } = await data<{ ingest: { reportUrl: string } }>(INGEST, { id: startIngest.id }, token);
  expect(ingest).toMatchObject({
    state: 'DONE',
    resources: { accepted: 1, refused: 1 },
    lines: { accepted: 1, refused: 1 },
    placedLater: 0,
    expired: 0,
  });
  const report = await app.inject({ url: ingest.reportUrl, headers: { authorization: `Bearer ${token}` } });
  expect(report.headers['content-type']).toBe('application/x-ndjson');
  expect(report.body).toContain('"code":"RESOURCE_TYPE_UNKNOWN"');
  expect(report.body).not.toContain('Secret-Name');
});

it('shows nothing of one provider to another', async () => {
  const stranger = await identity.member('provider');
  const other = await login(stranger);
  const { openUpload: upload } = await data<Opened>(OPEN, { input: { idempotencyKey: 'x' } }, token);
  expect((await put(upload.putUrl, ndjson({}), other)).statusCode).toBe(404);
  const answer = await ask('query($id: ID!) { upload(id: $id) { state } }', { id: upload.id }, other);
  expect(answer.errors?.[0]?.extensions.code).toBe('UPLOAD_NOT_FOUND');
  // What was refused leaves a trace of who tried, and none of what was asked for.
  const refused = await identity.test.ownerQuery(
    `select act, reason, object_id from audit.access_event where actor_id = $1 and outcome = 'refused' order by seq`,
    [stranger.actor.partyId],
  );
  expect(refused).toEqual([
    { act: 'put.uploads', reason: 'UPLOAD_NOT_FOUND', object_id: null },
    { act: 'query.upload', reason: 'UPLOAD_NOT_FOUND', object_id: null },
  ]);
  const lookup = '{ sourceRecordsByLocalId(localIds: ["amina", "nobody"]) { sourceRecord headSequence } }';
  expect(await data(lookup, {}, other)).toEqual({ sourceRecordsByLocalId: [null, null] });
  expect(await data(lookup, {}, token)).toMatchObject({
    sourceRecordsByLocalId: [{ sourceRecord: expect.any(String), headSequence: 1 }, null],
  });
});

it.each([
  ['more bytes than were announced', ndjson({ a: 1 }), 3, 'UPLOAD_TOO_LARGE'],
  ['fewer bytes than were announced', ndjson({ a: 1 }), 900, 'UPLOAD_SIZE_DIFFERS'],
])('refuses %s', async (_, file, bytes, code) => {
  const { openUpload: upload } = await data<Opened>(OPEN, { input: { bytes, idempotencyKey: code } }, token);
  expect((await put(upload.putUrl, file)).json()).toMatchObject({ error: { code } });
  expect((await put(upload.putUrl, file)).json()).toMatchObject({ error: { code } });
});

it('lets only providers in', async () => {
  const patient = await login(await identity.member('patient'));
  const answer = await ask(OPEN, { input: { idempotencyKey: 'x' } }, patient);
  expect(answer.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  expect((await put('/uploads/x', Buffer.from('x'), patient)).statusCode).toBe(403);
  expect((await put('/uploads/x', Buffer.from('x'), 'nobody')).statusCode).toBe(401);
  expect(await data('{ myRecords { sourceRecord } proposedLinks { sourceRecords } }', {}, patient)).toEqual({
    myRecords: [],
    proposedLinks: [],
  });
});
