import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { fromUtf8, utf8, type AccessEventId, type PartyId, type PersonId } from '@aceso/kernel';
import { Database, KeyCustody, openAes256Gcm, Runtime, sealAes256Gcm, type KeyTable, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { RegisterError } from '../register.errors';
import { AccessDecision } from './access-decision';
import {
  insertEmergency,
  insertReview,
  refuseUnreviewed,
  selectEmergencies,
  selectStanding,
  type EmergencyDecision,
  type EmergencyPage,
  type EmergencyReason,
  type EmergencyRow,
  type SealedText,
} from './emergency-rows';
import type { KnownPatient, PatientHandle } from './patient-handle';

/** How long an emergency lets a physician read; the database sets it. */
export const EMERGENCY_HOURS = 4;
/** In how many hours a compliance officer has reviewed it. */
export const EMERGENCY_REVIEW_HOURS = 72;
/** Unreviewed emergencies of one physician, at most; one that is overdue is enough to stop. */
export const EMERGENCIES_UNREVIEWED_MAX = 10;
/** Characters of the reason in words. */
export const EMERGENCY_TEXT_LENGTH_MIN = 10;
export const EMERGENCY_TEXT_LENGTH_MAX = 500;

/** What a physician says when it breaks the glass. */
export interface EmergencyWish {
  readonly handle: PatientHandle;
  readonly reason: EmergencyReason;
  /** In words, for the patient and the officer who reviews it. */
  readonly text: string;
}

export interface Emergency extends Omit<EmergencyRow, 'text' | 'personId'> {
  /** Null once the person was erased. */
  readonly text: string | null;
}

/** Break-glass: reading in an emergency for a limited time, at once visible to the patient, and always reviewed. */
@Injectable()
export class EmergencyService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly custody: KeyCustody,
    private readonly runtime: Runtime,
    private readonly decisions: AccessDecision,
  ) {}

  /**
   * Opens an emergency; the patient sees it from its commit on. Throws EMERGENCY_REASON_INVALID, EMERGENCY_REVIEW_DUE (an
   * earlier one of this physician was not reviewed in time, or too many wait), and NO_DATA where the patient is not known or has
   * no record, or a rule forbids it.
   */
  async open(physician: Actor, { handle, reason, text }: EmergencyWish): Promise<{ id: string; expiresAt: Date }> {
    const words = text.trim();
    if (words.length < EMERGENCY_TEXT_LENGTH_MIN || words.length > EMERGENCY_TEXT_LENGTH_MAX) {
      throw new RegisterError(
        'EMERGENCY_REASON_INVALID',
        `say why in ${EMERGENCY_TEXT_LENGTH_MIN} to ${EMERGENCY_TEXT_LENGTH_MAX} characters`,
      );
    }
    const asked = { actor: physician, handle, purpose: 'emergency', act: 'emergency.opened' } as const;
    return this.decisions.answering(() =>
      this.database.transaction('api', async (tx) => {
        await tx.actAs(physician.partyId);
        await refuseUnreviewed(tx, physician.partyId, EMERGENCIES_UNREVIEWED_MAX);
        const { patient, overall } = await this.decisions.judge(tx, asked);
        await this.decisions.requireRecord(tx, asked, patient);
        const id = this.runtime.uuid();
        const event = await this.audit.record(tx, {
          act: 'emergency.opened',
          actorId: physician.partyId,
          subjectId: patient.personId,
          objectType: 'emergency',
          objectId: id,
          outcome: 'permitted',
          purpose: 'emergency',
          basis: overall.basis === 'rule' ? 'rule' : 'emergency',
          ...(overall.rule && { rule: overall.rule.number }),
          providerId: patient.providerId,
          detail: { reason },
        });
        const seal = this.seal(id, words);
        const { expiresAt } = await insertEmergency(tx, {
          id,
          ...patient,
          physicianId: physician.partyId,
          reason,
          event,
          ...seal,
        });
        return { id, expiresAt };
      }),
    );
  }

  /** The patient of an emergency that this physician has opened and that has not ended; null otherwise. */
  standing(tx: Tx, { partyId }: Actor, emergencyId: string): Promise<KnownPatient | null> {
    return selectStanding(tx, partyId, emergencyId);
  }

  /** Emergencies that the patient was read in, or that wait for an officer; newest first for one, first due for the other. */
  async list(actor: Actor, page: EmergencyPage): Promise<Emergency[]> {
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(actor.partyId);
      const rows = await selectEmergencies(tx, page, actor.personId ?? null);
      const texts = await this.openTexts(tx, actor, rows);
      return rows.map(({ personId: _person, text: _sealed, ...row }) => ({ ...row, text: texts.get(row.id) ?? null }));
    });
  }

  /** The words of each emergency by its id, with an access event each; erased ones are missing. */
  private async openTexts(tx: Tx, actor: Actor, rows: readonly EmergencyRow[]): Promise<ReadonlyMap<string, string>> {
    const kept = rows.flatMap(({ id, personId, text }) => (text === null ? [] : [{ id, personId, text }]));
    const events = await this.audit.recordMany(
      tx,
      kept.map(({ id, personId }) => ({
        act: 'emergency.reason-read',
        actorId: actor.partyId,
        subjectId: personId,
        objectType: 'emergency',
        objectId: id,
        outcome: 'permitted' as const,
        purpose: actor.personId ? 'own' : 'review',
      })),
    );
    const requests = kept.map(({ id, text: { keyWrapped, keyEpoch } }, at) => ({
      keyOwner: id,
      wrapped: keyWrapped,
      epoch: keyEpoch,
      aad: textData(id),
      accessEventId: events[at] as AccessEventId,
    }));
    const keys = await this.custody.unwrap(tx, requests);
    return new Map(
      kept.map(({ id, text: { sealed } }, at) => [
        id,
        fromUtf8(openAes256Gcm(keys[at] as Uint8Array, sealed, textData(id))),
      ]),
    );
  }

  /** An officer's verdict; the patient sees it. Throws EMERGENCY_NOT_FOUND or EMERGENCY_REVIEWED. */
  async review(officer: Actor, emergencyId: string, decision: EmergencyDecision): Promise<void> {
    await this.database.transaction('api', async (tx) => {
      await tx.actAs(officer.partyId);
      const [found] = await tx.query<{ personId: PersonId; providerId: PartyId }>(
        `select person_id as "personId", provider_id as "providerId" from register.emergency where id = $1`,
        [emergencyId],
      );
      if (!found) throw new RegisterError('EMERGENCY_NOT_FOUND', 'there is no such emergency');
      const event = await this.audit.record(tx, {
        act: 'emergency.reviewed',
        actorId: officer.partyId,
        subjectId: found.personId,
        objectType: 'emergency',
        objectId: emergencyId,
        outcome: 'permitted',
        purpose: 'review',
        detail: { decision },
      });
      if (!(await insertReview(tx, { emergencyId, officerId: officer.partyId, decision, event }))) {
        throw new RegisterError('EMERGENCY_REVIEWED', 'this emergency was reviewed');
      }
    });
  }

  private seal(id: string, text: string): SealedText {
    const key = this.runtime.randomBytes(32);
    const { wrapped, epoch } = this.custody.wrap(key, textData(id));
    return { sealed: sealAes256Gcm(key, utf8(text), textData(id)), keyWrapped: wrapped, keyEpoch: epoch };
  }
}

const textData = (id: string): Uint8Array => utf8(`aceso/emergency-text/v1\0${id}`);

/** Keys of the words of emergencies, for the turn of an epoch. */
export const EMERGENCY_KEY_TABLE: KeyTable = {
  table: 'register.emergency_words',
  key: { emergency_id: 'uuid' },
  wrapped: 'key_wrapped',
  epoch: 'key_epoch',
  aad: ({ emergency_id }) => textData(String(emergency_id)),
};
