import { inParallel, type AcesoClient } from './aceso-client';
import { CLIENTS_AT_ONCE, type DemoPatient } from './cast';
import type { BuyerKey, Delivery } from './delivery';
import type { PartyClient } from './party-client';
import type { Progress } from './progress';
import { showBreakGlass } from './steps/break-glass';
import { showErasure } from './steps/erasure';
import { showKeyRotation } from './steps/key-rotation';
import { showRefusal } from './steps/physicians-out';
import { departureOf, showWithdrawalList, withdraw, WITHDRAWING } from './steps/withdrawal';

/** What is played beside the sale. */
export const STEPS = [
  'standing terms',
  'refusal explained',
  'break-glass',
  'key rotation',
  'withdrawal',
  'erasure',
] as const;
export type Step = (typeof STEPS)[number];

export interface Delivered {
  readonly client: AcesoClient;
  readonly physician: PartyClient;
  readonly officer: PartyClient;
  readonly researcher: PartyClient;
  readonly patients: readonly DemoPatient[];
  /** Those who keep physicians out. */
  readonly guarded: readonly DemoPatient[];
  readonly order: string;
  readonly delivery: Delivery;
  readonly buyer: BuyerKey;
  readonly out: string;
}

/**
 * What patients do once a research center has the package: each step is played by people whose rows are in it, and holds
 * what it prints to what the API answers (DEMO_STEP_NOT_SHOWN). Waits for one round of withdrawal lists. Returns the steps that
 * were played.
 */
export async function playAfterDelivery(played: Delivered, progress: Progress): Promise<readonly Step[]> {
  const { client, physician, officer, researcher, patients, guarded, order, delivery, buyer, out } = played;
  const present = await inPackage(patients, order);
  const guardedPerson = present.find((patient) => guarded.includes(patient));
  const [changing, erasing, ...others] = present.filter(
    (patient) => patient !== guardedPerson && patient.answer === 'granted',
  );
  const withdrawn = others.slice(-WITHDRAWING);
  if (!guardedPerson || !changing || !erasing || withdrawn.length < WITHDRAWING) return [];
  await withdraw(withdrawn, order, progress);
  await showRefusal(guardedPerson, physician, progress);
  await showBreakGlass({ patient: guardedPerson, physician, officer }, progress);
  await showKeyRotation({ patient: changing, client, out }, progress);
  await showWithdrawalList({ client, researcher, withdrawn, order, delivery, buyer, out }, progress);
  await showErasure({ client, patient: erasing, physician, order, buyer, out }, progress);
  return ['refusal explained', 'break-glass', 'key rotation', 'withdrawal', 'erasure'];
}

/** Patients whose rows the research center has. */
async function inPackage(patients: readonly DemoPatient[], order: string): Promise<DemoPatient[]> {
  const agreed = patients.filter(({ answer }) => answer === 'granted' || answer === 'by-terms');
  const states = await inParallel(agreed, CLIENTS_AT_ONCE, ({ client }) => departureOf(client, order));
  return agreed.filter((_, at) => states[at] === 'WITH_BUYER');
}
