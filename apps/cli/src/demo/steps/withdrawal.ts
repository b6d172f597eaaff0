import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { openWithdrawalList, verifyWithdrawalList } from '@aceso/extraction';
import { fromGlobalId } from '@aceso/platform/graphql';
import { TRUST_POLICY_FILE } from '../../instance';
import { inParallel, waitFor, type AcesoClient } from '../aceso-client';
import { revoke } from '../answers';
import { CLIENTS_AT_ONCE, type DemoPatient } from '../cast';
import type { BuyerKey, Delivery } from '../delivery';
import type { PartyClient } from '../party-client';
import type { Progress } from '../progress';
import { requireShown } from './shown';

/** A list of fewer would say who withdrew. */
export const WITHDRAWING = 5;

/** Patients take back what was fetched before: nothing calls it back, so the next list has to name them. */
export async function withdraw(patients: readonly DemoPatient[], order: string, progress: Progress): Promise<void> {
  progress.step('Patients withdraw after the delivery');
  await inParallel(patients, CLIENTS_AT_ONCE, revoke);
  await requireDepartures(patients, order, ['WAITING', 'OPEN']);
  progress.note(`${patients.length} patients revoke; nothing calls back what was fetched, the next list names them`);
}

interface Played {
  readonly client: AcesoClient;
  readonly researcher: PartyClient;
  readonly withdrawn: readonly DemoPatient[];
  readonly order: string;
  readonly delivery: Delivery;
  readonly buyer: BuyerKey;
  readonly out: string;
}

/** The research center fetches the list of the round, checks it, and signs that it deleted; the patients see that. */
export async function showWithdrawalList(played: Played, progress: Progress): Promise<void> {
  const { client, researcher, withdrawn, order, out } = played;
  progress.step('The research center is told whom to delete');
  const list = await waitFor('the next round of withdrawal lists', () => readyList(researcher, order));
  await requireDepartures(withdrawn, order, ['OPEN']);
  const file = join(out, list.fileName);
  const response = await client.get(list.downloadUrl, researcher.authorize);
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(file));
  const digest = await requireNamed(file, played);
  progress.note(
    `list ${list.number} verifies and names ${withdrawn.length} persons of the package by their pseudonyms`,
  );
  await acknowledge(researcher, { order: fromGlobalId('Order', order), list: digest });
  await requireDepartures(withdrawn, order, ['ACKNOWLEDGED']);
  progress.note('the center acknowledged the deletion; the patients see it: ACKNOWLEDGED, and keep what they earned');
}

interface ShownList {
  readonly number: number;
  readonly fileName: string;
  readonly downloadUrl: string;
}

async function readyList(researcher: PartyClient, id: string): Promise<ShownList | undefined> {
  const { order } = await researcher.run<{ order: { withdrawalLists: ShownList[] } }>(
    `query($id: ID!) { order(id: $id) { withdrawalLists { number fileName downloadUrl } } }`,
    { id },
  );
  return order.withdrawalLists[0];
}

/** Opens and judges the list with the center's own key and policy; the digest to acknowledge. */
async function requireNamed(path: string, { withdrawn, delivery, buyer, out }: Played): Promise<string> {
  const identityText = await readFile(buyer.identityFile, 'utf8');
  const policyText = await readFile(join(out, TRUST_POLICY_FILE), 'utf8');
  const { verdict, listSha256, reason } = await verifyWithdrawalList({ path, identityText, policyText });
  requireShown(verdict === 'verified' && listSha256 !== null, `the withdrawal list verifies (${reason ?? verdict})`);
  const { list } = JSON.parse(await openWithdrawalList({ path, identityText })) as {
    list: { deleted: { pseudonym: string }[] };
  };
  const persons = await readFile(join(delivery.dir, 'data', 'Patient.ndjson'), 'utf8');
  const inPackage = list.deleted.filter(({ pseudonym }) => persons.includes(`"${pseudonym}"`));
  requireShown(
    list.deleted.length === withdrawn.length && inPackage.length === withdrawn.length,
    'the list names the persons who withdrew, each with a row of the package',
  );
  return listSha256;
}

async function acknowledge(researcher: PartyClient, claims: { order: string; list: string }): Promise<void> {
  const statement = researcher.state('aceso/withdrawal-acknowledgement/v1', claims);
  await researcher.run(`mutation($statement: String!) { acknowledgeWithdrawals(statement: $statement) { number } }`, {
    statement: statement.text,
  });
}

async function requireDepartures(
  patients: readonly DemoPatient[],
  order: string,
  states: readonly string[],
): Promise<void> {
  await inParallel(patients, CLIENTS_AT_ONCE, async ({ client }) => {
    const state = await departureOf(client, order);
    requireShown(state !== undefined && states.includes(state), `what left is ${states.join(' or ')}, not ${state}`);
  });
}

/** What became of a patient's rows in one order; undefined when none left. */
export async function departureOf(client: PartyClient, order: string): Promise<string | undefined> {
  const { myDepartures } = await client.run<{ myDepartures: { order: string; state: string }[] }>(
    '{ myDepartures { order state } }',
  );
  return myDepartures.find((departure) => departure.order === order)?.state;
}
