import { Injectable } from '@nestjs/common';
import { AuditService, type AccessReason } from '@aceso/audit';
import type { FhirResource } from '@aceso/fhir';
import { assert, bytesEqual, hex, type AccessEventId, type Json, type PartyId, type PersonId } from '@aceso/kernel';
import type { SourceRecordId } from '@aceso/kernel';
import { Database, type DatabaseRole, KeyCustody, type Tx } from '@aceso/platform';

import { LaterVersions, newestLines, sourceRecordKeyData } from './domain';
import { refusingRecords } from './record-key-refusal';
import { RegisterError } from './register.errors';
import { SealedSegments, type SegmentRange } from './sealed-segments';
import { openSegment, textsOf, type Position, type ReadText } from './segment-texts';

/** A source record to read, and how far. */
export interface ReadItem {
  readonly sourceRecordId: SourceRecordId;
  readonly personId: PersonId;
  /** Segments after this one are not read: a grant covers what stood at its signing. */
  readonly upToSequence: number;
  /** Hex digest that the chain must have there, where the caller knows it (from a grant). */
  readonly digest?: string;
}

/** Who reads and why: stands in the access event of each person. */
export interface ReadReason extends Omit<AccessReason, 'purpose'> {
  readonly purpose: string;
  /** What is done with it; `record.opened` where nothing else is said. */
  readonly act?: 'record.opened' | 'record.exported' | 'record.disclosed';
  /** Null where the instance itself reads (the index). Under role api a party reads. */
  readonly actorId: PartyId | null;
  /** No personal data; goes into the sealed opening of the ledger entry. */
  readonly detail?: { readonly [name: string]: Json };
}

/** The right to read one source record; worth something only once the transaction that made it has committed. */
export interface OpenTicket extends ReadItem {
  readonly providerId: PartyId;
}

export interface ReadRecord {
  readonly resource: FhirResource;
  readonly position: Position;
  /** Bytes of its JSON text. */
  readonly bytes: number;
  /** Present where its provider took it back. */
  readonly retracted?: true;
}

/** What else is read. */
export interface ReadWish {
  /** Also what a provider took back, as it was before: for the patient's own look. */
  readonly retracted?: boolean;
}

/** What stays inside the reader: keys never stand on a ticket that is passed around or logged. */
interface Opening {
  readonly key: Uint8Array;
  readonly keyVersion: number;
  readonly role: DatabaseRole;
  /** The party whose opening the database asks for under role api. */
  readonly actorId: PartyId | null;
  /** Digest that the last segment must have. */
  readonly digest: Uint8Array | undefined;
}

interface RecordRow {
  readonly id: SourceRecordId;
  readonly provider_id: PartyId;
  readonly key_version: number;
  readonly key_wrapped: Uint8Array;
  readonly key_epoch: number;
  readonly head_sequence: number;
  readonly head_digest: Uint8Array | null;
}

/** The one way to read sealed records: an access event commits first, then everything is checked before it is parsed. */
@Injectable()
export class RecordReader {
  private readonly openings = new WeakMap<OpenTicket, Opening>();

  private readonly sealed: SealedSegments;

  constructor(
    database: Database,
    private readonly audit: AuditService,
    private readonly custody: KeyCustody,
  ) {
    this.sealed = new SealedSegments(database);
  }

  /**
   * Records one access event a person and opens the keys, in the acting transaction; it must commit before
   * {@link read} is called. Throws SOURCE_RECORD_NOT_FOUND (also for an erased one), SEGMENT_MISSING, and
   * RECORD_KEY_UNUSABLE (the access event stands if the caller goes on without that person).
   */
  async prepare(tx: Tx, items: readonly ReadItem[], reason: ReadReason): Promise<OpenTicket[]> {
    const rows = await this.records(tx, items);
    const { actorId } = reason;
    const keys = await refusingRecords(async () => {
      const events = await this.recordEvents(tx, items, reason);
      if (tx.role === 'api') await insertOpenings(tx, actorId, items, events);
      const requests = items.map(({ personId }, index) => {
        const { id, key_version, key_wrapped, key_epoch } = rows[index] as RecordRow;
        const accessEventId = events.get(personId);
        assert(accessEventId !== undefined, 'each person has an access event');
        const aad = sourceRecordKeyData(id, key_version);
        return { keyOwner: id, wrapped: key_wrapped, epoch: key_epoch, aad, accessEventId };
      });
      return this.custody.unwrap(tx, requests);
    });
    return items.map((item, index) => {
      const row = rows[index] as RecordRow;
      const ticket = { ...item, providerId: row.provider_id };
      const opening = { key: keys[index] as Uint8Array, keyVersion: row.key_version, role: tx.role, actorId };
      this.openings.set(ticket, { ...opening, digest: lastDigest(item, row) });
      return ticket;
    });
  }

  /**
   * The newest version of each resource of a source record, in the order of the register, without what its provider took back
   * since, also after the ticket's last segment. Number, digest, cipher's tag,
   * place in the chain and version list are checked before a segment is parsed; SEGMENT_MISSING or SEGMENT_BROKEN ends
   * the reading.
   */
  async *read(ticket: OpenTicket, wish: ReadWish = {}): AsyncGenerator<ReadRecord> {
    for await (const { text, ...read } of this.readTexts(ticket, wish)) {
      yield { resource: JSON.parse(text.toString('utf8')) as FhirResource, bytes: text.length, ...read };
    }
  }

  /** The same as {@link read}, for who parses elsewhere. */
  async *readTexts(ticket: OpenTicket, { retracted = false }: ReadWish = {}): AsyncGenerator<ReadText> {
    const opening = this.openings.get(ticket);
    assert(opening !== undefined, 'a ticket comes from prepare');
    if (ticket.upToSequence === 0) return;
    const newest = await this.sealed.newest(rangeOf(ticket, opening));
    let previous: Uint8Array | undefined;
    let sequence = 0;
    for await (const row of this.sealed.segments(rangeOf(ticket, opening))) {
      sequence++;
      const plaintext = await openSegment(row, { ticket, opening, sequence, previous });
      yield* textsOf(plaintext, {
        row,
        ticket,
        newest: newest.get(sequence) ?? newestLines(row.versions, new LaterVersions()),
        retracted,
      });
      previous = row.digest;
    }
    if (sequence !== ticket.upToSequence) {
      throw new RegisterError('SEGMENT_MISSING', `segment ${sequence + 1} is missing`);
    }
    if (opening.digest !== undefined && !bytesEqual(previous as Uint8Array, opening.digest)) {
      throw new RegisterError(
        'SEGMENT_BROKEN',
        `segment ${sequence}: the chain does not end at the head that was stored`,
      );
    }
  }

  private async records(tx: Tx, items: readonly ReadItem[]): Promise<RecordRow[]> {
    const found = await tx.query<RecordRow>(
      `select id, provider_id, key_version, key_wrapped, key_epoch, head_sequence, head_digest
       from register.source_record where id = any($1::uuid[]) and erased_at is null`,
      [items.map(({ sourceRecordId }) => sourceRecordId)],
    );
    const rows = new Map(found.map((row) => [row.id, row]));
    return items.map(({ sourceRecordId, upToSequence }) => {
      const row = rows.get(sourceRecordId);
      if (row === undefined) throw new RegisterError('SOURCE_RECORD_NOT_FOUND', 'there is no such source record');
      if (upToSequence > row.head_sequence) {
        throw new RegisterError('SEGMENT_MISSING', `segment ${upToSequence} lies beyond the head`);
      }
      return row;
    });
  }

  private async recordEvents(
    tx: Tx,
    items: readonly ReadItem[],
    { act = 'record.opened', actorId, detail, ...why }: ReadReason,
  ): Promise<Map<PersonId, AccessEventId>> {
    const records = new Map<PersonId, SourceRecordId[]>();
    for (const { personId, sourceRecordId } of items) {
      records.set(personId, [...(records.get(personId) ?? []), sourceRecordId]);
    }
    const persons = [...records.keys()];
    const events = await this.audit.recordMany(
      tx,
      persons.map((personId) => ({
        act,
        actorId,
        subjectId: personId,
        outcome: 'permitted' as const,
        ...why,
        detail: { ...detail, sourceRecords: records.get(personId) as string[] },
      })),
    );
    return new Map(persons.map((personId, index) => [personId, events[index] as AccessEventId]));
  }
}

function rangeOf({ sourceRecordId, upToSequence }: OpenTicket, { role, actorId }: Opening): SegmentRange {
  return { sourceRecordId, upToSequence, role, actorId };
}

async function insertOpenings(
  tx: Tx,
  actorId: PartyId | null,
  items: readonly ReadItem[],
  events: ReadonlyMap<PersonId, AccessEventId>,
): Promise<void> {
  await tx.execute(
    `insert into register.record_opening (access_event_id, source_record_id, actor_id)
     select *, $3::uuid from unnest($1::uuid[], $2::uuid[])`,
    [items.map(({ personId }) => events.get(personId)), items.map(({ sourceRecordId }) => sourceRecordId), actorId],
  );
}

function lastDigest({ upToSequence, digest }: ReadItem, row: RecordRow): Uint8Array | undefined {
  const head = upToSequence === row.head_sequence ? (row.head_digest ?? undefined) : undefined;
  if (digest === undefined) return head;
  const expected = hex.decode(digest);
  if (head !== undefined && !bytesEqual(head, expected)) {
    throw new RegisterError('SEGMENT_BROKEN', 'the stored head is not the one that was signed');
  }
  return expected;
}
