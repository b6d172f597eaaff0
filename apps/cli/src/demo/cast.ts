import { createHash, randomBytes } from 'node:crypto';
import { fromGlobalId } from '@aceso/platform/graphql';
import { inParallel, waitFor, type AcesoClient } from './aceso-client';
import type { DemoInput, DemoPerson } from './input';
import { PartyClient } from './party-client';
import type { Progress } from './progress';

/** How many patients act at once, as many small clients would. */
export const CLIENTS_AT_ONCE = 8;
/** Batch of `sourceRecordsByLocalId`. */
const LOOKUP_MAX = 100;

/** One patient of the demo with what this patient was found to be. */
export interface DemoPatient {
  /** The device that the patient has at hand. */
  client: PartyClient;
  readonly person: DemoPerson;
  eligible: boolean;
  /** The request as this patient saw it, if asked. */
  request?: PatientRequest;
  grantDigest?: string;
  answer: 'granted' | 'by-terms' | 'declined' | 'unanswered' | 'not-asked';
  /** Before the package was fetched. */
  revoked: boolean;
}

export interface PatientRequest {
  readonly request: string;
  readonly version: number;
  readonly contentHash: string;
  readonly amount: { readonly amountMinor: string; readonly currency: string };
  readonly splitRule: string;
  readonly answer: 'ASKED' | 'GRANTED' | 'DECLINED';
  readonly notice: { readonly hash: string; readonly language: string };
}

export interface Cast {
  readonly providers: readonly PartyClient[];
  readonly researcher: PartyClient;
  readonly officer: PartyClient;
  readonly patients: readonly DemoPatient[];
}

/** The named parties: two providers, a research center, a compliance officer, each invited by the operator. */
export async function registerParties(
  client: AcesoClient,
  invite: (role: string) => Promise<string>,
): Promise<Omit<Cast, 'patients'>> {
  const make = async (name: string, role: 'provider' | 'researcher' | 'officer'): Promise<PartyClient> => {
    const party = new PartyClient(name, role, client);
    await party.register(await invite(role));
    return party;
  };
  return {
    providers: [await make('Harbour General Hospital', 'provider'), await make('Millbrook Polyclinic', 'provider')],
    researcher: await make('University of Northfield, cardiology', 'researcher'),
    officer: await make('Compliance office', 'officer'),
  };
}

/** A physician who was invited by the operator and acts for a provider that says so. */
export async function registerPhysician(
  client: AcesoClient,
  provider: PartyClient,
  invite: (role: string) => Promise<string>,
): Promise<PartyClient> {
  const physician = new PartyClient('Dr. Hartwell', 'physician', client);
  await physician.register(await invite('physician'));
  const { me } = await physician.run<{ me: { id: string } }>('{ me { id } }');
  const membership = { physician: fromGlobalId('Party', me.id), member: true };
  await provider.run(`mutation($statement: String!) { attestMembership(statement: $statement) { member } }`, {
    statement: provider.state('aceso/membership/v1', membership).text,
  });
  return physician;
}

/** Every patient makes a key, is bound to the records by the providers' one-time codes, and permits discovery. */
export async function bindPatients(
  client: AcesoClient,
  { input, providers, progress }: { input: DemoInput; providers: readonly PartyClient[]; progress: Progress },
): Promise<DemoPatient[]> {
  const sourceRecords = await lookUpSourceRecords(input, providers);
  const known = input.persons.filter(({ records }) => records.some((record) => sourceRecords.has(keyOf(record))));
  let done = 0;
  return inParallel(known, CLIENTS_AT_ONCE, async (person, index) => {
    const patient = new PartyClient(`Patient ${index + 1}`, 'patient', client);
    await patient.register();
    for (const record of person.records) {
      const sourceRecord = sourceRecords.get(keyOf(record));
      if (sourceRecord) await bind(patient, providers[record.provider] as PartyClient, sourceRecord);
    }
    const terms = patient.stateInChain('aceso/discovery-terms/v1', { discovery: 'permit' });
    await patient.run(`mutation($statement: String!) { setDiscoveryTerms(statement: $statement) { discovery } }`, {
      statement: terms.text,
    });
    progress.bar('patients bound to their records', (done += 1), known.length);
    return { client: patient, person, eligible: false, answer: 'not-asked', revoked: false };
  });
}

const keyOf = ({ provider, localId }: { provider: number; localId: string }): string => `${provider}/${localId}`;

async function lookUpSourceRecords(input: DemoInput, providers: readonly PartyClient[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [provider, client] of providers.entries()) {
    const localIds = input.persons.flatMap(({ records }) =>
      records.filter((record) => record.provider === provider).map(({ localId }) => localId),
    );
    for (let from = 0; from < localIds.length; from += LOOKUP_MAX) {
      const batch = localIds.slice(from, from + LOOKUP_MAX);
      const { sourceRecordsByLocalId } = await client.run<{
        sourceRecordsByLocalId: ({ sourceRecord: string } | null)[];
      }>(`query($localIds: [String!]!) { sourceRecordsByLocalId(localIds: $localIds) { sourceRecord } }`, {
        localIds: batch,
      });
      batch.forEach((localId, index) => {
        const id = sourceRecordsByLocalId[index]?.sourceRecord;
        if (id) found.set(keyOf({ provider, localId }), id);
      });
    }
  }
  return found;
}

/** The provider hands a one-time code to the patient in person; both sign. */
async function bind(patient: PartyClient, provider: PartyClient, sourceRecord: string): Promise<void> {
  const code = randomBytes(16).toString('base64url');
  const codeHash = createHash('sha256').update(code).digest('hex');
  const attestation = provider.state('aceso/attestation/v1', { sourceRecord, codeHash, evidence: 'in-person' });
  await provider.run(`mutation($statement: String!) { attestBinding(statement: $statement) { attestation } }`, {
    statement: attestation.text,
  });
  const binding = patient.stateInChain('aceso/binding/v1', { attestation: attestation.digest, sourceRecord });
  await patient.run(
    `mutation($statement: String!, $code: String!) { bind(statement: $statement, code: $code) { sourceRecord } }`,
    {
      statement: binding.text,
      code,
    },
  );
}

/** Waits until the register has indexed every bound patient, and notes who can be asked at all. */
export async function awaitIndex(patients: readonly DemoPatient[], progress: Progress): Promise<void> {
  let done = 0;
  await inParallel(patients, CLIENTS_AT_ONCE, async (patient) => {
    const { eligible } = await waitFor('the fact index', async () => {
      const { myEligibility } = await patient.client.run<{
        myEligibility: { eligible: boolean; reason: string | null };
      }>(`{ myEligibility { eligible reason } }`);
      return myEligibility.reason === 'NOT_INDEXED' ? undefined : myEligibility;
    });
    patient.eligible = eligible;
    progress.bar('patients indexed', (done += 1), patients.length);
  });
}
