import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { openWithdrawalList } from '@aceso/extraction';
import { AcesoClient, waitFor } from '../../apps/cli/src/demo/aceso-client';
import { revokeOne } from '../../apps/cli/src/demo/answers';
import { registerParties, type Cast, type DemoPatient } from '../../apps/cli/src/demo/cast';
import { makeBuyerKey, openAndVerify, type Delivery } from '../../apps/cli/src/demo/delivery';
import { PartyClient } from '../../apps/cli/src/demo/party-client';
import { Sale, type OrderView } from '../../apps/cli/src/demo/sale';
import { AcesoProcess, describeWhenBuilt, runAceso } from './testing/aceso-process';
import { ADULTS, alikeAdults } from './testing/alike-adults';
import { silentProgress } from './testing/silent-progress';

interface ShownList {
  readonly number: number;
  readonly state: string;
  readonly fileName: string;
  readonly downloadUrl: string;
}

interface NamedRows {
  readonly deleted: readonly { readonly pseudonym: string }[];
  readonly retracted?: readonly { readonly type: string; readonly row: string }[];
}

const LISTS = `query($id: ID!) { order(id: $id) { withdrawalLists { number state fileName downloadUrl acknowledgedAt } } }`;
const ACKNOWLEDGE = `mutation($s: String!) { acknowledgeWithdrawals(statement: $s) { number state acknowledgedAt } }`;
const PER_KIND = 5;
const HOUR_SECONDS = 3600;

/** The whole way of a withdrawal: from the patients' keys to the research center's signature, and back to the patients. */
describeWhenBuilt('withdrawal lists')('withdrawals after the delivery', () => {
  let aceso: AcesoProcess;
  let sale: Sale;
  let cast: Omit<Cast, 'patients'>;
  let order: OrderView;
  let delivery: Delivery;
  let buyer: PartyClient;
  let patients: { readonly withdrew: DemoPatient[]; readonly corrected: DemoPatient[]; readonly other: DemoPatient };
  let path: string;
  let listSha256: string;
  const out = () => join(aceso.folder, 'out');
  const keyFile = () => join(out(), 'buyer.agekey');

  /** A party with the key that it had before the restart. */
  const again = async ({ role, seed }: PartyClient): Promise<PartyClient> =>
    new PartyClient(role, role, await AcesoClient.connect(aceso.baseUrl), seed);

  beforeAll(async () => {
    aceso = await AcesoProcess.start();
    const client = await AcesoClient.connect(aceso.baseUrl);
    cast = await registerParties(client, (role) => aceso.invite(role));
    sale = new Sale(client, cast, silentProgress);
    const input = alikeAdults(aceso.folder, 22);
    await sale.ingest(input);
    await sale.bind(input);
    mkdirSync(out());
    const { recipient } = await makeBuyerKey(out());
    const offer = { criteria: ADULTS, fields: ['Patient', 'Condition'], recipientAgeKey: recipient, unitMinor: 500 };
    order = await sale.fulfil(await sale.request(offer));
    await sale.download(order, join(out(), 'package.age'));
    const { status } = await client.graphql<{ status: { verifierKey: string } }>('{ status { verifierKey } }');
    writeFileSync(join(out(), 'trust.policy'), `log ${status.verifierKey}\nquorum none\n`);
    delivery = await openAndVerify(out(), { recipient: '', identityFile: keyFile() });

    const withdrew: DemoPatient[] = [];
    for (let n = 0; n < PER_KIND; n += 1) withdrew.push((await revokeOne(sale.patients)) as DemoPatient);
    const staying = sale.patients.filter(({ answer, revoked }) => answer === 'granted' && !revoked);
    const corrected = staying.slice(0, PER_KIND);
    patients = { withdrew, corrected, other: staying[PER_KIND] as DemoPatient };
    await takeBack(corrected);
    // Lists are made once an interval, for everybody at once; with a shorter one the next round is due at once.
    await aceso.restart({ ACESO_WITHDRAWAL_LIST_DAYS: '1' });
    buyer = await again(cast.researcher);
  }, 240_000);

  afterAll(() => aceso?.stop(), 60_000);

  /** The clinic says of the diagnoses of these patients that they were entered in error. */
  async function takeBack(of: readonly DemoPatient[]): Promise<void> {
    const wrong = { coding: [{ code: 'entered-in-error' }] };
    const file = join(aceso.folder, 'input', 'corrections.ndjson');
    const lines = of.map(({ person }) => {
      const id = person.records[0]?.localId;
      const subject = { reference: `Patient/${id}` };
      return `${JSON.stringify({ resourceType: 'Condition', id: `c-${id}`, subject, verificationStatus: wrong })}\n`;
    });
    writeFileSync(file, lines.join(''));
    await sale.ingest({ files: [{ path: file, provider: 0 }], persons: [] });
  }

  const lists = async (of = buyer): Promise<ShownList[]> =>
    (await of.run<{ order: { withdrawalLists: ShownList[] } }>(LISTS, { id: order.id })).order.withdrawalLists;

  const departure = async (patient: DemoPatient): Promise<{ state: string; acknowledgedAt: string | null }> => {
    const party = await again(patient.client);
    const { myDepartures } = await party.run<{ myDepartures: { state: string; acknowledgedAt: string | null }[] }>(
      '{ myDepartures { order leftAt state listSentAt acknowledgedAt recallEnds } }',
    );
    return myDepartures[0] as { state: string; acknowledgedAt: string | null };
  };

  async function fetched(list: ShownList, by = buyer): Promise<Response> {
    const client = await AcesoClient.connect(aceso.baseUrl);
    return client.get(list.downloadUrl, by.authorize);
  }

  const verify = (file: string, ...more: string[]) =>
    runAceso(['verify', file, '--policy', join(out(), 'trust.policy'), '--json', ...more]);

  const acknowledgement = (claims: object = {}, by = buyer): string =>
    by.state('aceso/withdrawal-acknowledgement/v1', { order: orderUuid(), list: listSha256, ...claims }).text;
  const acknowledge = (statement: string, by = buyer) =>
    by.run<{ acknowledgeWithdrawals: { number: number; state: string; acknowledgedAt: string } }>(ACKNOWLEDGE, {
      s: statement,
    });
  let orderUuid = (): string => '';

  it('are one list, with those who withdrew and single rows that the clinic took back', async () => {
    const list = await waitFor('the withdrawal list', async () => (await lists())[0], { everyMs: 200 });
    expect(list).toMatchObject({ number: 1, state: 'OPEN' });
    expect(await departure(patients.withdrew[0] as DemoPatient)).toMatchObject({ state: 'OPEN' });
    expect(await departure(patients.corrected[0] as DemoPatient)).toMatchObject({ state: 'WITH_BUYER' });

    path = join(out(), list.fileName);
    const response = await fetched(list);
    expect(response.headers.get('content-disposition')).toContain(list.fileName);
    await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(path));
    const { exitCode, stdout } = await verify(path, '--identity', keyFile());
    const report = JSON.parse(stdout) as { listSha256: string; list: { order: string } };
    expect([exitCode, report]).toEqual([
      0,
      expect.objectContaining({ verdict: 'verified', persons: PER_KIND, rows: PER_KIND }),
    ]);
    ({ listSha256 } = report);
    orderUuid = () => report.list.order;
  }, 120_000);

  it('names rows that stand in the package', async () => {
    const text = await openWithdrawalList({ path, identityText: readFileSync(keyFile(), 'utf8') });
    const { deleted, retracted } = (JSON.parse(text) as { list: NamedRows }).list;
    const ids = (type: string): string[] =>
      readFileSync(join(delivery.dir, 'data', `${type}.ndjson`), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(ids('Patient')).toEqual(expect.arrayContaining(deleted.map(({ pseudonym }) => pseudonym)));
    expect(ids('Condition')).toEqual(expect.arrayContaining((retracted ?? []).map(({ row }) => row)));
  });

  it('show a changed byte, a wrong key and an unknown origin', async () => {
    const open = join(out(), 'open.withdrawals.json');
    const text = await openWithdrawalList({ path, identityText: readFileSync(keyFile(), 'utf8') });
    writeFileSync(open, text);
    expect((await verify(open)).exitCode).toBe(0);
    expect((await runAceso(['verify', open])).exitCode).toBe(2);
    writeFileSync(open, text.replace('"number":1', '"number":2'));
    expect(await verify(open)).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('another list') });
    mkdirSync(join(out(), 'other'));
    await makeBuyerKey(join(out(), 'other'));
    expect((await verify(path, '--identity', join(out(), 'other', 'buyer.agekey'))).exitCode).toBe(1);
  }, 60_000);

  it('are acknowledged by nobody else, for no other order or list, and not too late', async () => {
    const stranger = new PartyClient('stranger', 'researcher', await AcesoClient.connect(aceso.baseUrl));
    await stranger.register(await aceso.invite('researcher'));
    const [list] = (await lists()) as [ShownList];
    await expect(fetched(list, stranger)).rejects.toMatchObject({ code: '404' });
    expect((await stranger.run<{ order: object | null }>(LISTS, { id: order.id }).catch(codeOf)) ?? null).toEqual(
      'NOT_FOUND',
    );
    const now = Math.floor(Date.now() / 1000);
    const refused: readonly (readonly [string, string, PartyClient?])[] = [
      ['WITHDRAWAL_LIST_NOT_FOUND', acknowledgement({}, stranger), stranger],
      ['SIGNER_NOT_ACTOR', acknowledgement({}, stranger)],
      ['SIGNER_NOT_ACTOR', acknowledgement(), stranger],
      ['FORBIDDEN', acknowledgement(), await again(cast.officer)],
      ['WITHDRAWAL_LIST_NOT_FOUND', acknowledgement({ order: '00000000-0000-4000-8000-000000000000' })],
      ['WITHDRAWAL_LIST_NOT_FOUND', acknowledgement({ list: '0'.repeat(64) })],
      ['STATEMENT_EXPIRED', acknowledgement({ iat: now - 2 * HOUR_SECONDS, exp: now - HOUR_SECONDS })],
      ['SIGNATURE_INVALID', acknowledgement().replace(listSha256, '0'.repeat(64))],
    ];
    for (const [code, statement, by] of refused) {
      await expect(acknowledge(statement, by)).rejects.toMatchObject({ code });
    }
    expect(await lists()).toMatchObject([{ state: 'OPEN' }]);
  }, 60_000);

  it('are acknowledged once by their research center, which the patients see', async () => {
    const statement = acknowledgement();
    const { acknowledgeWithdrawals: first } = await acknowledge(statement);
    expect(first).toMatchObject({ number: 1, state: 'ACKNOWLEDGED' });
    expect(await acknowledge(statement)).toEqual({ acknowledgeWithdrawals: first });
    await expect(acknowledge(acknowledgement())).rejects.toMatchObject({ code: 'WITHDRAWAL_LIST_ACKNOWLEDGED' });
    for (const patient of patients.withdrew) {
      expect(await departure(patient)).toMatchObject({ state: 'ACKNOWLEDGED', acknowledgedAt: first.acknowledgedAt });
    }
    expect(await departure(patients.other)).toMatchObject({ state: 'WITH_BUYER' });
  }, 60_000);

  it('leave what the clinic took back in the timelines of its patients, with a mark', async () => {
    const shown = async (patient: DemoPatient): Promise<object[]> => {
      const party = await again(patient.client);
      const { myTimeline } = await party.run<{ myTimeline: { edges: { node: { type: string } }[] } }>(
        '{ myTimeline(first: 10) { edges { node { type retracted } } } }',
      );
      return myTimeline.edges.map(({ node }) => node).filter(({ type }) => type === 'Condition');
    };
    for (const patient of patients.corrected)
      expect(await shown(patient)).toEqual([{ type: 'Condition', retracted: true }]);
    expect(await shown(patients.other)).toEqual([{ type: 'Condition', retracted: false }]);
  }, 60_000);
});

function codeOf(error: unknown): unknown {
  return (error as { code?: string }).code;
}
