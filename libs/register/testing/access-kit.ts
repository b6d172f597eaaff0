import { RefusalEvents } from '@aceso/audit';
import { ConsentKit } from '@aceso/consent/testing';
import { openIdentityKit, type Member } from '@aceso/identity/testing';
import type { SourceRecordId } from '@aceso/kernel';

import { AccessDecision } from '../access/access-decision';
import { DisclosureService } from '../access/disclosure.service';
import { EmergencyService } from '../access/emergency.service';
import { OwnRecordService } from '../access/own-record.service';
import { PhysicianRecordService } from '../access/physician-record.service';
import { RecordWriteService } from '../access/record-write.service';
import { SegmentWriter } from '../ingest/segment-writer';
import { ndjson, RegisterKit } from './register-kit';

/** A register whose patients have rules: everything that people read and write records with. */
export class AccessKit {
  readonly register: RegisterKit;
  readonly own: OwnRecordService;
  readonly physicians: PhysicianRecordService;
  readonly emergencies: EmergencyService;
  readonly disclosures: DisclosureService;
  readonly writes: RecordWriteService;

  /** Over what a kit has already. */
  constructor(readonly consent: ConsentKit) {
    const { identity } = consent;
    const { test, runtime, gates, logs } = identity;
    const { database, custody, outbox } = test;
    this.register = new RegisterKit({ ...test, runtime });
    const { reader, sourceRecords, keys } = this.register;
    const refusals = new RefusalEvents(database, logs.audit, runtime);
    const decisions = new AccessDecision(consent.permissions, refusals, runtime);
    this.own = new OwnRecordService(identity.wards, reader, sourceRecords, runtime);
    this.emergencies = new EmergencyService(database, logs.audit, custody, runtime, decisions);
    this.physicians = new PhysicianRecordService(database, reader, sourceRecords, decisions, this.emergencies);
    this.disclosures = new DisclosureService(database, logs.audit, reader, sourceRecords, runtime);
    const writer = new SegmentWriter(logs.ledger, runtime, gates);
    const { audit } = logs;
    this.writes = new RecordWriteService(database, audit, gates, custody, keys, writer, outbox, runtime, decisions);
  }

  static async open(): Promise<AccessKit> {
    return new AccessKit(new ConsentKit(await openIdentityKit()));
  }

  close(): Promise<void> {
    return this.consent.identity.test.close();
  }

  /** Sends these resources as a provider, and binds the patient to the record of this local id. */
  async bindRecord(
    patient: Member,
    provider: Member,
    localId: string,
    resources: readonly object[],
  ): Promise<SourceRecordId> {
    const { identity } = this.consent;
    await this.register.ingest(provider.actor.partyId, ndjson(...resources));
    const record = await this.register.sourceRecord(provider.actor.partyId, localId);
    identity.records.holders.set(record, provider.actor.partyId);
    const code = `code-${record}`;
    const attestation = await identity.attest(provider, record, code);
    await identity.bindings.bind(patient.actor, patient.client.binding(record, attestation), code);
    return record;
  }
}
