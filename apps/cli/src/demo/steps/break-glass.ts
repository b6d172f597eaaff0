import type { DemoPatient } from '../cast';
import type { PartyClient } from '../party-client';
import type { Progress } from '../progress';
import { requireShown } from './shown';

const REASON = 'Found unconscious in the street, no relative at hand';

interface SeenEmergency {
  readonly id: string;
  readonly reason: string;
  readonly text: string | null;
  readonly decision: string | null;
}

interface Played {
  readonly patient: DemoPatient;
  readonly physician: PartyClient;
  readonly officer: PartyClient;
}

/** A physician breaks the glass; the patient sees it at once, and what the compliance officer found of it. */
export async function showBreakGlass({ patient, physician, officer }: Played, progress: Progress): Promise<void> {
  progress.step('The same physician breaks the glass in an emergency');
  const { me } = await patient.client.run<{ me: { id: string } }>('{ me { id } }');
  const { openEmergency } = await physician.run<{ openEmergency: { id: string } }>(
    `mutation($of: PatientHandleInput!, $text: String!) {
      openEmergency(of: $of, reason: UNCONSCIOUS, text: $text) { id } }`,
    { of: { patient: me.id }, text: REASON },
  );
  const { emergencyRecord } = await physician.run<{ emergencyRecord: { edges: { node: { type: string } }[] } }>(
    `query($id: ID!) { emergencyRecord(emergency: $id, first: 20) { edges { node { type } } } }`,
    { id: openEmergency.id },
  );
  requireShown(emergencyRecord.edges.length > 0, 'the physician reads in the emergency');
  progress.note(`the physician says why and reads for four hours: ${emergencyRecord.edges.length} resources on a page`);
  const atOnce = await seenBy(patient.client, openEmergency.id);
  requireShown(atOnce?.text === REASON && atOnce.decision === null, 'the patient sees the emergency at once');
  progress.note(`the patient sees it at once: ${atOnce.reason}, "${REASON}"`);
  await review(officer, openEmergency.id);
  const reviewed = await seenBy(patient.client, openEmergency.id);
  requireShown(reviewed?.decision === 'JUSTIFIED', 'the patient sees the review');
  progress.note(`the compliance officer reviewed it, and the patient sees that as well: ${reviewed.decision}`);
}

async function seenBy(client: PartyClient, emergency: string): Promise<SeenEmergency | undefined> {
  const { myEmergencies } = await client.run<{ myEmergencies: { edges: { node: SeenEmergency }[] } }>(
    '{ myEmergencies(first: 10) { edges { node { id reason text decision } } } }',
  );
  return myEmergencies.edges.map(({ node }) => node).find(({ id }) => id === emergency);
}

async function review(officer: PartyClient, emergency: string): Promise<void> {
  const { emergenciesToReview } = await officer.run<{ emergenciesToReview: { edges: { node: SeenEmergency }[] } }>(
    '{ emergenciesToReview(first: 10) { edges { node { id reason text decision } } } }',
  );
  const waiting = emergenciesToReview.edges.some(({ node }) => node.id === emergency && node.text === REASON);
  requireShown(waiting, 'the officer reads why before deciding');
  await officer.run(`mutation($id: ID!) { reviewEmergency(id: $id, decision: JUSTIFIED) }`, { id: emergency });
}
