import { inParallel, waitFor } from './aceso-client';
import { CLIENTS_AT_ONCE, type DemoPatient, type PatientRequest } from './cast';
import type { Progress } from './progress';

/**
 * What the demo's people do, by their place in line: of ten asked, eight agree, one declines, one does not answer. Whose
 * standing terms have answered has nothing left to do.
 */
function intention(index: number): 'granted' | 'declined' | 'unanswered' {
  return index % 10 === 4 ? 'declined' : index % 10 === 7 ? 'unanswered' : 'granted';
}

/** Every patient looks at the open requests and answers with the own key. */
export async function answerRequests(patients: readonly DemoPatient[], progress: Progress): Promise<void> {
  let done = 0;
  let asked = 0;
  const requests = await inParallel(patients, CLIENTS_AT_ONCE, (patient) => openRequest(patient));
  const answering = patients.flatMap((patient, index) => {
    const request = requests[index];
    return request ? [{ patient, request, intent: intention(asked++) }] : [];
  });
  for (const { patient, request, intent } of answering) {
    patient.request = request;
    patient.answer = request.answer === 'GRANTED' ? 'by-terms' : intent;
    patient.revoked = false;
  }
  const deciding = answering.filter(({ patient }) => patient.answer !== 'by-terms');
  await inParallel(deciding, CLIENTS_AT_ONCE, async ({ patient, request }) => {
    if (patient.answer === 'granted') await grant(patient, request);
    if (patient.answer === 'declined') {
      await patient.client.run(
        `mutation($request: ID!, $version: Int!) { decline(request: $request, version: $version) { request } }`,
        {
          request: request.request,
          version: request.version,
        },
      );
    }
    progress.bar('patients have decided', (done += 1), deciding.length);
  });
}

async function openRequest(patient: DemoPatient): Promise<PatientRequest | undefined> {
  const { myRequests } = await patient.client.run<{ myRequests: { edges: { node: PatientRequest }[] } }>(
    `{ myRequests(first: 10) { edges { node {
        request version contentHash splitRule answer amount { amountMinor currency } notice { hash language } } } } }`,
  );
  return myRequests.edges[0]?.node;
}

async function grant(patient: DemoPatient, request: PatientRequest): Promise<void> {
  const { myRecords } = await patient.client.run<{
    myRecords: { sourceRecord: string; headSequence: number; headDigest: string }[];
  }>(`{ myRecords { sourceRecord headSequence headDigest } }`);
  const statement = patient.client.stateInChain('aceso/grant/v1', {
    request: request.request,
    version: request.version,
    contentHash: request.contentHash,
    recordsUpTo: myRecords.map(({ sourceRecord, headSequence, headDigest }) => ({
      sourceRecord,
      sequence: headSequence,
      digest: headDigest,
    })),
    notice: { hash: request.notice.hash, language: request.notice.language, payment: true },
    amount: { amountMinor: request.amount.amountMinor, currency: request.amount.currency },
    splitRule: request.splitRule,
  });
  await patient.client.run(`mutation($statement: String!) { grant(statement: $statement) { grant } }`, {
    statement: statement.text,
  });
  patient.grantDigest = statement.digest;
}

/**
 * The last one who agreed and did not revoke yet has second thoughts. A release under way is waited for: the revocation
 * counts before it or after it. Undefined when nobody is left to revoke.
 */
export async function revokeOne(patients: readonly DemoPatient[]): Promise<DemoPatient | undefined> {
  const patient = patients.findLast(({ answer, revoked }) => answer === 'granted' && !revoked);
  if (!patient) return undefined;
  await revoke(patient);
  patient.revoked = true;
  return patient;
}

/** A patient takes its grant back. */
export async function revoke({ client, grantDigest }: DemoPatient): Promise<void> {
  const statement = client.stateInChain('aceso/revocation/v1', { grant: grantDigest });
  await client.run(`mutation($statement: String!) { revoke(statement: $statement) { grant } }`, {
    statement: statement.text,
  });
}

/** Waits until the worker has written the asks of an approved request. */
export async function awaitAsking(state: () => Promise<string>): Promise<void> {
  await waitFor('the patients to be asked', async () => ((await state()) === 'ASKING' ? true : undefined));
}
