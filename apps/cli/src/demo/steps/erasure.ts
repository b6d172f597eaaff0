import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyPackage } from '@aceso/extraction';
import { TLOG_PROOF_EXTENSION } from '@aceso/ledger/domain';
import { loadMlDsa44, sha256, verifyEd25519 } from '@aceso/platform';
import { TRUST_POLICY_FILE } from '../../instance';
import { auditLog } from '../../ledger/audit-log';
import { remoteLog } from '../../ledger/tile-source';
import { receiptsOf } from '../../receipts';
import { verifyReceiptFile } from '../../verify-receipt';
import { waitFor, type AcesoClient } from '../aceso-client';
import type { DemoPatient } from '../cast';
import { ENCRYPTED_PACKAGE, type BuyerKey } from '../delivery';
import type { PartyClient } from '../party-client';
import type { Progress } from '../progress';
import { refusalOf, requireShown } from './shown';
import { departureOf } from './withdrawal';

const RECEIPTS_FOLDER = 'erased-patient';

interface Played {
  readonly client: AcesoClient;
  readonly patient: DemoPatient;
  readonly physician: PartyClient;
  readonly order: string;
  readonly buyer: BuyerKey;
  readonly out: string;
}

/** A patient erases everything. The record is gone; every proof that was given before still holds. */
export async function showErasure(played: Played, progress: Progress): Promise<void> {
  const { client, patient, order, out } = played;
  progress.step('A patient erases everything, and all proofs still hold');
  const log = remoteLog(`${client.baseUrl}/ledger`, undefined);
  const kept = { checkpoint: await log.checkpoint(), files: await saveReceipts(patient.client, out) };
  const { me } = await patient.client.run<{ me: { id: string } }>('{ me { id } }');
  const erased = await erase(patient.client);
  await requireUnreadable(played, me.id);
  progress.note(
    `a signed statement destroyed the keys of ${erased.records === 1 ? 'one source record' : `${erased.records} source records`}: nobody reads that any more, and in ${erased.latencyDays} days no backup is readable`,
  );
  requireShown((await departureOf(patient.client, order)) === 'WAITING', 'what had left waits for the next list');
  progress.note('what the center has of this patient is named on the next list of five or more');
  const receipt = await waitFor('the receipt of the erasure', () => erasureReceipt(patient.client));
  const file = join(out, RECEIPTS_FOLDER, `erasure${TLOG_PROOF_EXTENSION}`);
  await writeFile(file, receipt, { mode: 0o600 });
  await requireReceipts([...kept.files, file], out);
  progress.note(
    `the receipt of the erasure verifies, and so do the ${kept.files.length} that the patient saved before`,
  );
  await requirePackage(played);
  await requireLog(played, kept.checkpoint);
  progress.note('the package verifies as before; the log goes on from the checkpoint that was kept');
}

async function saveReceipts(patient: PartyClient, out: string): Promise<string[]> {
  const folder = join(out, RECEIPTS_FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files: string[] = [];
  for (const { name, text } of await receiptsOf(patient)) {
    files.push(join(folder, name));
    await writeFile(join(folder, name), text, { mode: 0o600 });
  }
  return files;
}

async function erase(patient: PartyClient): Promise<{ readonly records: number; readonly latencyDays: number }> {
  const { text } = patient.stateInChain('aceso/erasure/v1', {
    sourceRecord: null,
    confirmation: 'this cannot be undone',
  });
  const { eraseMyRecord } = await patient.run<{ eraseMyRecord: { records: number; latencyDays: number } }>(
    `mutation($statement: String!) { eraseMyRecord(statement: $statement) { records latencyDays } }`,
    { statement: text },
  );
  requireShown(eraseMyRecord.records > 0, 'something was erased');
  return eraseMyRecord;
}

/** Neither the patient nor a physician in an emergency reads anything; nothing is bound any more. */
async function requireUnreadable({ patient, physician }: Played, id: string): Promise<void> {
  const { myRecords, myTimeline } = await patient.client.run<{ myRecords: object[]; myTimeline: { edges: object[] } }>(
    '{ myRecords { sourceRecord } myTimeline(first: 1) { edges { cursor } } }',
  );
  requireShown(myRecords.length === 0 && myTimeline.edges.length === 0, 'the patient has no record any more');
  const refused = await refusalOf(
    physician.run(
      `mutation($of: PatientHandleInput!) {
        openEmergency(of: $of, reason: UNCONSCIOUS, text: "Found unconscious in the street") { id } }`,
      { of: { patient: id } },
    ),
    'a physician in an emergency',
  );
  requireShown(refused.code === 'NO_DATA', 'a physician hears NO_DATA, also in an emergency');
}

async function erasureReceipt(patient: PartyClient): Promise<string | undefined> {
  const { myErasures } = await patient.run<{ myErasures: { receipt: { file: string } | null }[] }>(
    '{ myErasures { receipt { file } } }',
  );
  return myErasures[0]?.receipt?.file;
}

async function requireReceipts(files: readonly string[], out: string): Promise<void> {
  const policyText = await readFile(join(out, TRUST_POLICY_FILE), 'utf8');
  for (const path of files) {
    const { verdict, reason } = await verifyReceiptFile({ path, policyText });
    requireShown(verdict === 'verified', `${path} verifies (${reason ?? verdict})`);
  }
}

async function requirePackage({ out, buyer }: Played): Promise<void> {
  const { verdict, findings, reason } = await verifyPackage({
    path: join(out, ENCRYPTED_PACKAGE),
    policyText: await readFile(join(out, TRUST_POLICY_FILE), 'utf8'),
    identityText: await readFile(buyer.identityFile, 'utf8'),
  });
  requireShown(verdict === 'verified', `the package verifies (${findings[0]?.problem ?? reason ?? verdict})`);
}

/** Every hash tile gives the root of the newest checkpoint, and that one goes on from what was kept before the erasure. */
async function requireLog({ client, out }: Played, older: Uint8Array): Promise<void> {
  const { checkpoint, tiles } = remoteLog(`${client.baseUrl}/ledger`, undefined);
  const policyText = await readFile(join(out, TRUST_POLICY_FILE), 'utf8');
  const crypto = { sha256, verifyEd25519, verifyMlDsa44: await loadMlDsa44() };
  const report = await auditLog({ checkpoint, tiles, withEntries: false, policyText, older }, crypto);
  requireShown(
    report.verdict === 'verified' && report.consistent === true,
    `the log verifies and goes on from the checkpoint that was kept (${report.reason ?? report.verdict})`,
  );
}
