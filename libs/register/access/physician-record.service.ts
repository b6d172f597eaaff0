import { Injectable } from '@nestjs/common';
import { categoryOf } from '@aceso/consent/domain';
import { requireActive } from '@aceso/identity';
import { Database, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { KeptBack, passes, type SeenResource } from '../domain';
import { RecordReader, type OpenTicket } from '../record-reader';
import { SourceRecordService } from '../source-record.service';
import { AccessDecision, noData, type JudgedWish, type TreatmentPurpose } from './access-decision';
import { EmergencyService } from './emergency.service';
import { itemsOf, timelineOf, type ShownPage, type TimelineWish } from './own-record.service';
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
  async read(physician: Actor, handle: PatientHandle, wish: TimelineWish): Promise<ShownPage> {
    return this.page(physician, wish, 'treatment', (tx) =>
      this.decisions.judge(tx, { actor: physician, handle, purpose: 'treatment', act: 'record.opened' }),
    );
  }

  /** The same in an emergency that this physician has opened and that has not ended. Throws NO_DATA. */
  async readInEmergency(physician: Actor, emergencyId: string, wish: TimelineWish): Promise<ShownPage> {
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
  ): Promise<ShownPage> {
    return this.decisions.answering(async () => {
      const { tickets, wish } = await this.database.transaction('api', async (tx) => {
        const judged = await judge(tx);
        return { tickets: await this.open(tx, physician, judged, purpose), wish: judged };
      });
      const found = await this.permitted(wish, tickets, { filter, ...page });
      if (found.rows.length === 0) throw noData();
      return found;
    });
  }

  /** What the rules permit, without a trace of the rest. Whether a Provenance is one is known at the end. */
  private async permitted({ decide }: JudgedWish, tickets: readonly OpenTicket[], wish: TimelineWish) {
    const { filter, ...page } = wish;
    const keptBack = new KeptBack();
    const provenances: SeenResource[] = [];
    const keeps = (seen: SeenResource): boolean => {
      if (decide(seen.category).effect !== 'permit') keptBack.add(seen);
      else if (passes(filter, seen.category) && seen.resource.resourceType !== 'Provenance') return true;
      else if (passes(filter, seen.category)) provenances.push(seen);
      return false;
    };
    const timeline = timelineOf(page);
    for await (const seen of viewOf(this.reader, tickets, keeps)) timeline.add(seen);
    for (const seen of provenances) if (!keptBack.isAllOf(seen)) timeline.add(seen);
    const rows = timeline.rows.map((seen) =>
      keptBack.leaveOut(
        seen,
        (contained) => decide(categoryOf(contained, seen.category.provider ?? '')).effect === 'permit',
      ),
    );
    return { rows, hasMore: timeline.hasMore };
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
