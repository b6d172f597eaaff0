import type { AccessEventId, Json, LedgerEntryId, PartyId } from '@aceso/kernel';
import { AuditError } from './audit.errors';

/** What for, and under what: shown to the one concerned. */
export interface AccessReason {
  /** `treatment`, `emergency`, `research`, `own`, `export`, `index`, `disclosure`: a code. */
  readonly purpose?: string;
  /** What permitted or refused it: `self`, `rule`, `unruled`, `grant`, `emergency`, `disclosure`: a code. */
  readonly basis?: string;
  /** Number of the patient's rule that decided. */
  readonly rule?: number;
  /** The provider that a physician acted for. */
  readonly providerId?: PartyId;
}

/** Someone did something, or tried to. */
export interface AccessEventInput extends AccessReason {
  /** What was done, `<noun>.<verb>`: `record.opened`, `contact.read`, `cohort.counted`. */
  readonly act: string;
  /** Who did it; null when the instance acts by itself. */
  readonly actorId: PartyId | null;
  /** UUID of the person (or source record) whom it concerns: that also makes a ledger entry. */
  readonly subjectId?: string;
  /** What it was done to. A row that names a person names no order: that stands in `detail`. */
  readonly objectType?: string;
  readonly objectId?: string;
  readonly outcome: 'permitted' | 'refused';
  /** Code of a refusal. */
  readonly reason?: string;
  /**
   * No personal data. With a subject it goes into the sealed opening of the ledger entry and nowhere else; without one
   * it stands in the row.
   */
  readonly detail?: { readonly [name: string]: Json | undefined };
}

/** An access event as it is read again. */
export interface AccessEvent {
  /** Counts up with time: the cursor of a page. */
  readonly sequence: string;
  readonly id: AccessEventId;
  readonly act: string;
  readonly actorId: PartyId | null;
  readonly subjectId: string | null;
  readonly objectType: string | null;
  readonly objectId: string | null;
  readonly outcome: 'permitted' | 'refused';
  readonly reason: string | null;
  readonly purpose: string | null;
  readonly basis: string | null;
  readonly rule: number | null;
  readonly providerId: PartyId | null;
  /** Its receipt can be asked for under this id. */
  readonly ledgerEntryId: LedgerEntryId | null;
  readonly occurredAt: Date;
}

const ACT = /^[a-z][a-z0-9.-]{1,79}$/;
const OBJECT_TYPE = /^[a-z][a-z-]{1,39}$/;
const REASON = /^[A-Z][A-Z0-9_]{1,59}$/;

/**
 * Refuses an event whose row would say too much: a person beside an order (privacy-and-keys 7 and 8), or free text
 * where a code belongs. Throws EVENT_JOINS_PERSON_AND_ORDER or EVENT_MALFORMED.
 */
export function requireSayable(event: AccessEventInput): void {
  const { act, subjectId, objectType, objectId, reason, purpose, basis } = event;
  if (!ACT.test(act)) throw malformed('the act is a code like record.opened');
  if (objectType !== undefined && !OBJECT_TYPE.test(objectType)) throw malformed('the object type is one word');
  if ((objectType === undefined) !== (objectId === undefined)) throw malformed('an object has a type and an id');
  if (reason !== undefined && !REASON.test(reason)) throw malformed('the reason is a code');
  if ([purpose, basis].some((code) => code !== undefined && !OBJECT_TYPE.test(code))) {
    throw malformed('purpose and basis are codes');
  }
  if (subjectId !== undefined && objectType === 'order') {
    throw new AuditError('EVENT_JOINS_PERSON_AND_ORDER', 'the order of a person belongs into the sealed detail');
  }
}

function malformed(why: string): AuditError {
  return new AuditError('EVENT_MALFORMED', why);
}
