import { GUARDIAN_CONFIRMATION } from '../domain';
import type { IdentityKit, Member } from './identity-kit';

/** An officer, a new one unless it is said which, confirms an appointment; its digest once more. */
export async function confirmGuardian(kit: IdentityKit, appointment: string, by?: Member): Promise<string> {
  const { client, actor } = by ?? (await kit.member('officer'));
  const text = client.sign(GUARDIAN_CONFIRMATION, { appointment });
  await kit.test.database.transaction('api', (tx) => kit.guardians.confirm(tx, actor, text));
  return appointment;
}
