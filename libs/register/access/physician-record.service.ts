import { Injectable } from '@nestjs/common';
import { requireActive } from '@aceso/identity';
import { Database, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { passes, type SeenResource, type TimelinePage } from '../domain';
import { RecordReader, type OpenTicket } from '../record-reader';
import { SourceRecordService } from '../source-record.service';
import { AccessDecision, noData, type JudgedWish, type TreatmentPurpose } from './access-decision';
import { EmergencyService } from './emergency.service';
import { collect, itemsOf, type TimelineWish } from './own-record.service';
import type { PatientHandle } from './patient-handle';
import { viewOf } from './record-view';

/** Physicians read what the patient's rules permit, resource by resource; what they deny is not there. */
@Injectable()
export class PhysicianRecordService {
  constructor(
    private readonly database: Database,
    private readonly reader: RecordReader,
    private readonly records: SourceRecordService,
    private readonly decisions: AccessDecision,
    private readonly emergencies: EmergencyService,
  ) {}

  /** A page of a patient's whole record for treatment. Throws NO_DATA whenever there is nothing to show. */
  async read(physician: Actor, handle: PatientHandle, wish: TimelineWish): Promise<TimelinePage> {
    return this.page(physician, wish, 'treatment', (tx) =>
      this.decisions.judge(tx, { actor: physician, handle, purpose: 'treatment', act: 'record.opened' }),
    );
  }

  /** The same in an emergency that this physician has opened and that has not ended. Throws NO_DATA. */
  async readInEmergency(physician: Actor, emergencyId: string, wish: TimelineWish): Promise<TimelinePage> {
    return this.page(physician, wish, 'emergency', async (tx) => {
      await tx.actAs(physician.partyId);
      await requireActive(tx, physician.partyId);
      const patient = await this.emergencies.standing(tx, physician, emergencyId);
      if (!patient) throw noData();
      return this.decisions.judgeKnown(tx, { actor: physician, patient, purpose: 'emergency', act: 'record.opened' });
    });
  }

  private async page(
    physician: Actor,
    { filter, ...page }: TimelineWish,
    purpose: TreatmentPurpose,
    judge: (tx: Tx) => Promise<JudgedWish>,
  ): Promise<TimelinePage> {
    const { tickets, wish } = await this.decisions.answering(() =>
      this.database.transaction('api', async (tx) => {
        const judged = await judge(tx);
        return { tickets: await this.open(tx, physician, judged, purpose), wish: judged };
      }),
    );
    const keeps = ({ category }: SeenResource): boolean =>
      passes(filter, category) && wish.decide(category).effect === 'permit';
    const found = await collect(viewOf(this.reader, tickets, keeps), page);
    if (found.rows.length === 0) throw noData();
    return found;
  }

  private async open(
    tx: Tx,
    { partyId }: Actor,
    { patient, overall }: JudgedWish,
    purpose: TreatmentPurpose,
  ): Promise<OpenTicket[]> {
    const { personId, providerId } = patient;
    const items = itemsOf(personId, await this.records.heads(tx, personId));
    return this.reader.prepare(tx, items, {
      purpose,
      actorId: partyId,
      providerId,
      basis: purpose === 'emergency' && overall.basis === 'unruled' ? 'emergency' : overall.basis,
      ...(overall.rule && { rule: overall.rule.number }),
      detail: { effect: overall.effect, leftOut: overall.obligations.map(({ rule }) => rule.number) },
    });
  }
}
