import { randomUUID } from 'node:crypto';
import { toGlobalId } from '@aceso/platform/graphql';
import { inParallel } from '../aceso-client';
import { CLIENTS_AT_ONCE, type DemoPatient } from '../cast';
import type { PartyClient } from '../party-client';
import type { Progress } from '../progress';
import { refusalOf, requireShown } from './shown';

/** Of ten who can be asked, three keep physicians out: wherever the cohort ends, some of them are in the package. */
const isTheirs = (place: number): boolean => place % 10 === 0 || place % 10 === 3 || place % 10 === 6;

/** Rules are numbered in this order, from 1. In an emergency no rule speaks, and a physician may break the glass. */
const RULES = [
  { subject: { class: 'research' }, category: {}, level: 'read', purpose: 'research' },
  { subject: { class: 'physicians' }, category: {}, level: 'none', purpose: 'treatment' },
];
const RULE_OF_PHYSICIANS = 2;

/** Some patients let research in and keep physicians out. Returns who did. */
export async function keepPhysiciansOut(
  patients: readonly DemoPatient[],
  progress: Progress,
): Promise<readonly DemoPatient[]> {
  progress.step('Some patients let research in and keep physicians out');
  const signing = patients.filter(({ eligible }) => eligible).filter((_, place) => isTheirs(place));
  await inParallel(signing, CLIENTS_AT_ONCE, async ({ client }) => {
    const statement = client.stateInChain('aceso/permission-rules/v1', { rules: RULES });
    await client.run(`mutation($statement: String!) { setPermissionRules(statement: $statement) { rules } }`, {
      statement: statement.text,
    });
  });
  progress.note(
    `rule 1, research reads everything; rule 2, physicians read nothing for treatment: ${signing.length} patients`,
  );
  return signing;
}

const READ = `query($of: PatientHandleInput!) { patientRecord(of: $of, first: 1) { edges { cursor } } }`;

/** A physician asks for the record and hears what is said of nobody, too; the patient alone sees which rule refused. */
export async function showRefusal({ client }: DemoPatient, physician: PartyClient, progress: Progress): Promise<void> {
  progress.step('A physician asks for the record of a patient who keeps physicians out');
  const { me } = await client.run<{ me: { id: string } }>('{ me { id } }');
  const refused = await refusalOf(physician.run(READ, { of: { patient: me.id } }), 'the physician');
  const nobody = { patient: toGlobalId('Party', randomUUID()) };
  const unknown = await refusalOf(physician.run(READ, { of: nobody }), 'a question about nobody');
  requireShown(refused.code === 'NO_DATA', 'the physician hears NO_DATA');
  requireShown(
    refused.code === unknown.code && refused.message === unknown.message,
    'the physician hears the same of a patient who does not exist',
  );
  progress.note(`the physician hears ${refused.code}, as of a patient who does not exist`);
  const { act, reason, rule } = await refusalSeenBy(client);
  requireShown(reason === 'RULE_DENIES' && rule === RULE_OF_PHYSICIANS, 'the patient sees which rule refused');
  progress.note(`the patient sees among the access events: ${act}, refused, ${reason}, rule ${rule}`);
  const physicians = await explained(client, 'PHYSICIANS', 'TREATMENT');
  const research = await explained(client, 'RESEARCH', 'RESEARCH');
  requireShown(physicians.effect === 'DENY' && physicians.rule === rule, 'explainAccess names the same rule');
  requireShown(research.effect === 'PERMIT', 'research is let in');
  progress.note(`explainAccess to the patient, of physicians: "${physicians.sentence}"`);
  progress.note(`and of research: "${research.sentence}"; the rows of this patient are in the package`);
}

interface SeenRefusal {
  readonly act: string;
  readonly actorRole: string | null;
  readonly permitted: boolean;
  readonly reason: string | null;
  readonly rule: number | null;
}

async function refusalSeenBy(client: PartyClient): Promise<SeenRefusal> {
  const { myAccessEvents } = await client.run<{ myAccessEvents: { edges: { node: SeenRefusal }[] } }>(
    '{ myAccessEvents(first: 10) { edges { node { act actorRole permitted reason rule } } } }',
  );
  const seen = myAccessEvents.edges
    .map(({ node }) => node)
    .find(({ permitted, actorRole }) => !permitted && actorRole === 'physician');
  requireShown(seen !== undefined, 'the patient sees the refusal among the access events');
  return seen;
}

async function explained(
  client: PartyClient,
  asking: 'PHYSICIANS' | 'RESEARCH',
  purpose: 'TREATMENT' | 'RESEARCH',
): Promise<{ readonly effect: string; readonly rule: number | null; readonly sentence: string }> {
  const { explainAccess } = await client.run<{
    explainAccess: { effect: string; rule: number | null; sentence: string };
  }>(
    `query($subject: AccessSubjectInput!, $purpose: AccessPurpose!) {
      explainAccess(subject: $subject, category: {}, purpose: $purpose) { effect rule sentence } }`,
    { subject: { class: asking }, purpose },
  );
  return explainAccess;
}
