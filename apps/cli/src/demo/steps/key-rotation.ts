import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TRUST_POLICY_FILE } from '../../instance';
import { verifyConsent } from '../../verify-consent';
import type { AcesoClient } from '../aceso-client';
import type { DemoPatient } from '../cast';
import { PartyClient } from '../party-client';
import type { Progress } from '../progress';
import { refusalOf, requireShown } from './shown';

/** Key changes are handed in at once. */
const HAND_IN_SECONDS = 3600;
const CONSENT_FILE = 'consent.json';

interface Played {
  readonly patient: DemoPatient;
  readonly client: AcesoClient;
  /** Output folder of the demo, with the trust policy. */
  readonly out: string;
}

/** A patient adds the key of a second device and ends that of the first: what it signed stays, and it signs no more. */
export async function showKeyRotation({ patient, client, out }: Played, progress: Progress): Promise<void> {
  progress.step('A patient changes to another key');
  const first = patient.client;
  const second = new PartyClient(`${first.name}, second device`, 'patient', client);
  await addKey(first, second);
  await second.continueChain();
  await change(second, 'revokeKey', { typ: 'aceso/key-revocation/v1', claims: { key: first.did } });
  patient.client = second;
  const { myKeys } = await second.run<{ myKeys: { did: string; revokedAt: string | null }[] }>(
    '{ myKeys { did revokedAt } }',
  );
  const live = myKeys.filter(({ revokedAt }) => revokedAt === null).map(({ did }) => did);
  requireShown(myKeys.length === 2 && live.join() === second.did, 'the new key is the only live one of two');
  progress.note('the first device added the key of a second one; the second revoked the key of the first');
  await requireOldGrant(second, { grant: patient.grantDigest, out });
  progress.note(`the grant that the old key signed still verifies offline (aceso verify-consent ${CONSENT_FILE})`);
  const statement = first.stateInChain('aceso/discovery-terms/v1', { discovery: 'permit' }).text;
  const late = await refusalOf(second.run(SET_TERMS, { statement }), 'a new statement by the old key');
  requireShown(late.code === 'KEY_REVOKED', 'a new statement by the old key is refused as KEY_REVOKED');
  progress.note(`a new statement by the old key is refused: ${late.code}`);
}

const SET_TERMS = `mutation($statement: String!) { setDiscoveryTerms(statement: $statement) { discovery } }`;

async function addKey(first: PartyClient, second: PartyClient): Promise<void> {
  const possession = second.state('aceso/key-possession/v1', { addedBy: first.did });
  const claims = { key: second.did, possession: JSON.parse(possession.text) as unknown };
  await change(first, 'addKey', { typ: 'aceso/key-addition/v1', claims });
}

async function change(
  by: PartyClient,
  mutation: 'addKey' | 'revokeKey',
  { typ, claims }: { typ: string; claims: Record<string, unknown> },
): Promise<void> {
  const { text } = by.stateInChain(typ, claims, { seconds: HAND_IN_SECONDS });
  await by.run(`mutation($statement: String!) { ${mutation}(statement: $statement) { did } }`, { statement: text });
}

/** Judged as by somebody to whom the patient shows the file: with that person's own trust policy, offline. */
async function requireOldGrant(
  patient: PartyClient,
  { grant, out }: { grant: string | undefined; out: string },
): Promise<void> {
  const { consentBundle } = await patient.run<{ consentBundle: string }>(
    `query($grant: String!) { consentBundle(grant: $grant) }`,
    { grant },
  );
  const file = join(out, CONSENT_FILE);
  await writeFile(file, consentBundle, { mode: 0o600 });
  let said = '';
  const exitCode = await verifyConsent(file, { policy: join(out, TRUST_POLICY_FILE) }, (text) => (said += text));
  requireShown(exitCode === 0, `the grant of the old key verifies (${said.trim()})`);
}
