import { createAudit } from '@aceso/audit/testing';
import type { IdentityKit, Member } from '@aceso/identity/testing';
import { assert, type SourceRecordId } from '@aceso/kernel';

import { ErasureService } from '../erasure.service';
import { ndjson, type RegisterKit } from './register-kit';

/** A patient together with what two providers hold on it. */
export interface BoundPatient extends Member {
  readonly records: readonly SourceRecordId[];
  readonly providers: readonly Member[];
}

export const CONTACT = { name: 'Amina Example', email: 'amina@example.org' } as never;

const typed = (code: string, value: string) => ({
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
  system: `urn:${code}`,
  value,
});

/** A patient of two providers with the same identifiers, bound to both records, with facts and a contact. */
export async function boundPatient(identity: IdentityKit, kit: RegisterKit): Promise<BoundPatient> {
  const number = identity.test.runtime.uuid();
  const member = await identity.member('patient');
  const providers = [await identity.member('provider'), await identity.member('provider')];
  const records: SourceRecordId[] = [];
  for (const provider of providers) {
    const { partyId } = provider.actor;
    await kit.ingest(partyId, ndjson(...resourcesOf(number)));
    const id = await kit.sourceRecord(partyId, 'a');
    identity.records.holders.set(id, partyId);
    const secret = `CODE-${identity.test.runtime.uuid()}`;
    const attestation = await identity.attest(provider, id, secret);
    await identity.bindings.bind(member.actor, member.client.binding(id, attestation), secret);
    records.push(id);
  }
  await identity.vault.saveContact(member.actor, CONTACT);
  const { personId } = member.actor;
  assert(personId, 'a patient has a person');
  await kit.index.rebuild(personId);
  return { ...member, records, providers };
}

/** Erasures over a kit, put together as the module does it. */
export function createErasures({ test, statements, bindings, gates, journal, runtime }: IdentityKit): ErasureService {
  const { ledger } = createAudit(test);
  const { database, custody, outbox, config } = test;
  return new ErasureService(database, statements, bindings, gates, journal, ledger, custody, outbox, runtime, config);
}

function resourcesOf(number: string): object[] {
  const identifier = [typed('SS', `SS-${number}`), typed('DL', `DL-${number}`)];
  const code = { coding: [{ system: 'http://snomed.info/sct', code: '44054006', display: 'Diabetes' }] };
  return [
    { resourceType: 'Patient', id: 'a', birthDate: '1980-02-29', gender: 'female', identifier },
    { resourceType: 'Condition', id: 'c', subject: { reference: 'Patient/a' }, code },
  ];
}
