import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { toGlobalId } from '@aceso/platform/graphql';
import { AcesoClient } from '../../../apps/cli/src/demo/aceso-client';
import { registerParties, registerPhysician, type DemoPatient } from '../../../apps/cli/src/demo/cast';
import { makeBuyerKey } from '../../../apps/cli/src/demo/delivery';
import { PartyClient } from '../../../apps/cli/src/demo/party-client';
import { Sale } from '../../../apps/cli/src/demo/sale';
import { ADULTS, alikeAdults } from './alike-adults';
import type { AcesoProcess } from './aceso-process';
import { Sender } from './sender';
import { silentProgress } from './silent-progress';

/** Who asks. The first of each pair owns what the ids name; the other of the same role does not. */
export const ACTORS = [
  'anonymous',
  'patient',
  'otherPatient',
  'researcher',
  'otherResearcher',
  'provider',
  'otherProvider',
  'officer',
  'physician',
] as const;
export type ActorName = (typeof ACTORS)[number];

/** Ids as clients send them. */
export interface Ids {
  /** A request that became an order, as an opaque id and as statements name it. */
  readonly request: string;
  readonly requestUuid: string;
  /** A request of the same research center that waits for its decision. */
  readonly submitted: string;
  readonly order: string;
  /** A saved cohort of the research center, and a count of it in the background. */
  readonly cohort: string;
  readonly count: string;
  readonly upload: string;
  readonly ingest: string;
  readonly sourceRecord: string;
  readonly grant: string;
  readonly entry: string;
  /** A tile of a published checkpoint, below its level. */
  readonly tile: string;
}

const TILE_HASHES = 256;

export interface World {
  readonly client: AcesoClient;
  readonly actors: Readonly<Record<ActorName, PartyClient | undefined>>;
  readonly ids: Ids;
  /** Well formed, of the same kinds, and nobody's. */
  readonly unknown: Ids;
  /** What a research center sends as a request. */
  readonly input: () => object;
}

/** Plays a sale, so that every kind of thing exists and belongs to somebody. */
export async function makeWorld(aceso: AcesoProcess): Promise<World> {
  const client = await AcesoClient.connect(aceso.baseUrl);
  const cast = await registerParties(client, (role) => aceso.invite(role));
  const { provider, otherProvider } = { provider: cast.providers[0]!, otherProvider: cast.providers[1]! };
  const sale = new Sale(client, cast, silentProgress);
  const input = alikeAdults(aceso.folder, 18);
  await sale.ingest(input);
  await sale.bind(input);
  const { recipient } = await makeBuyerKey(aceso.folder);
  const offer = { criteria: ADULTS, fields: ['Patient', 'Condition'], recipientAgeKey: recipient, unitMinor: 500 };
  const request = await sale.request(offer);
  const order = await sale.fulfil(request);
  await sale.download(order, join(aceso.folder, 'package.age'));
  const other = async (role: 'researcher' | 'patient'): Promise<PartyClient> => {
    const party = new PartyClient(role, role, client);
    await party.register(role === 'patient' ? undefined : await aceso.invite(role));
    return party;
  };
  const [patient] = sale.patients as [DemoPatient];
  const actors = {
    anonymous: undefined,
    patient: patient.client,
    otherPatient: await other('patient'),
    researcher: cast.researcher,
    otherResearcher: await other('researcher'),
    provider,
    otherProvider,
    officer: cast.officer,
    physician: await registerPhysician(client, provider, (role) => aceso.invite(role)),
  };
  const ids = {
    ...(await idsOf({ patient, researcher: cast.researcher, sender: new Sender(provider, aceso.baseUrl) }, recipient)),
    request: request.id,
    order: order.id,
    tile: await firstTile(aceso.baseUrl),
  };
  return { client, actors, ids, unknown: UNKNOWN, input: () => requestInput(recipient) };
}

/** The first tile as wide as the newest checkpoint has it: other widths are nowhere. */
async function firstTile(baseUrl: string): Promise<string> {
  const checkpoint = await (await fetch(`${baseUrl}/ledger/checkpoint`)).text();
  const size = Number(checkpoint.split('\n')[1]);
  return size < TILE_HASHES ? `000.p/${size}` : '000';
}

async function idsOf(
  { patient, researcher, sender }: { patient: DemoPatient; researcher: PartyClient; sender: Sender },
  recipient: string,
): Promise<Omit<Ids, 'request' | 'order' | 'tile'>> {
  const { myRecords, myAccessEvents } = await patient.client.run<{
    myRecords: [{ sourceRecord: string }];
    myAccessEvents: { edges: [{ node: { entry: string } }] };
  }>('{ myRecords { sourceRecord } myAccessEvents(first: 1) { edges { node { entry } } } }');
  const { saveCohort } = await researcher.run<{ saveCohort: { id: string } }>(
    'mutation($input: SaveCohortInput!) { saveCohort(input: $input) { id } }',
    { input: { name: 'Adults', criteria: JSON.stringify(ADULTS), idempotencyKey: randomUUID() } },
  );
  const cohort = { cohort: saveCohort.id, version: 1 };
  const { submitRequest } = await researcher.run<{ submitRequest: { id: string } }>(
    'mutation($input: SubmitRequestInput!) { submitRequest(input: $input) { id } }',
    { input: { ...requestInput(recipient), criteria: undefined, cohort } },
  );
  const { startCount } = await researcher.run<{ startCount: { id: string } }>(
    'mutation($input: StartCountInput!) { startCount(input: $input) { id } }',
    { input: { kind: 'COUNT', cohort, idempotencyKey: randomUUID() } },
  );
  return {
    cohort: saveCohort.id,
    count: startCount.id,
    requestUuid: patient.request?.request as string,
    submitted: submitRequest.id,
    upload: (await sender.open()).id,
    ingest: (await sender.take(Buffer.from('{"resourceType":"Patient","id":"late"}\n'))).id,
    sourceRecord: myRecords[0].sourceRecord,
    grant: patient.grantDigest as string,
    entry: myAccessEvents.edges[0].node.entry,
  };
}

function requestInput(recipientAgeKey: string): object {
  return {
    purpose: 'Does early treatment of type 2 diabetes change its course?',
    use: {
      research: ['DUO:0000007'],
      diseases: ['MONDO:0005148'],
      commercial: false,
      pledges: ['no-reidentification'],
    },
    criteria: JSON.stringify(ADULTS),
    fields: ['Patient', 'Condition'],
    recipientAgeKey,
    country: 'AT',
    termMonths: 12,
    unitMinor: 500,
    answerDeadline: new Date(Date.now() + 86_400_000).toISOString(),
    idempotencyKey: randomUUID(),
  };
}

const UNKNOWN: Ids = {
  request: toGlobalId('Request', randomUUID()),
  requestUuid: randomUUID(),
  submitted: toGlobalId('Request', randomUUID()),
  order: toGlobalId('Order', randomUUID()),
  cohort: toGlobalId('Cohort', randomUUID()),
  count: toGlobalId('BackgroundCount', randomUUID()),
  upload: toGlobalId('Upload', randomUUID()),
  ingest: toGlobalId('Ingest', randomUUID()),
  sourceRecord: randomUUID(),
  grant: 'ab'.repeat(32),
  entry: toGlobalId('LedgerEntry', randomUUID()),
  tile: '000.p/0',
};
