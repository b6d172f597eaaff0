import { Injectable } from '@nestjs/common';
import type { AccessEventId, Json, LedgerEntryId, PartyId } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import { Runtime, type Tx } from '@aceso/platform';
import { requireSayable, type AccessEvent, type AccessEventInput } from './access-event';
import { insertEvents } from './data/event-row';

/** Events of one page, at most. */
export const EVENTS_A_PAGE_MAX = 101;

interface StoredEvent {
  readonly seq: string;
  readonly id: AccessEventId;
  readonly act: string;
  readonly actor_id: PartyId | null;
  readonly subject_id: string | null;
  readonly object_type: string | null;
  readonly object_id: string | null;
  readonly outcome: 'permitted' | 'refused';
  readonly reason: string | null;
  readonly purpose: string | null;
  readonly basis: string | null;
  readonly rule: number | null;
  readonly provider_id: PartyId | null;
  readonly ledger_entry_id: LedgerEntryId | null;
  readonly occurred_at: Date;
}

/** Writes who did what to what, in the transaction of the act; nothing here is ever changed or deleted. */
@Injectable()
export class AuditService {
  constructor(
    private readonly ledger: Ledger,
    private readonly runtime: Runtime,
  ) {}

  /** Records one event. A refusal is recorded in a transaction of its own, as the act's rolls back. */
  async record(tx: Tx, event: AccessEventInput): Promise<AccessEventId> {
    const [id] = await this.recordMany(tx, [event]);
    return id as AccessEventId;
  }

  /**
   * Records events in sets. Each that concerns somebody also enters the ledger as a `person` entry, whose sealed
   * opening holds the detail. Returns the ids in the same order.
   */
  async recordMany(tx: Tx, events: readonly AccessEventInput[]): Promise<AccessEventId[]> {
    events.forEach(requireSayable);
    const rows = events.map((event) => ({ ...event, id: this.runtime.uuid() as AccessEventId }));
    const entries = await this.appendEntries(tx, rows);
    await insertEvents(
      tx,
      rows.map((row) => ({ ...row, ledgerEntryId: entries.get(row.id) ?? null })),
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Events that concern any of the given persons or source records, newest first. The transaction acts as the party
   * that asks: under role api events of others do not show, whatever ids are passed. The caller gives the sequence of
   * the last event seen, and a limit of one more than it wants to show.
   */
  async eventsOf(
    tx: Pick<Tx, 'query'>,
    subjectIds: readonly string[],
    page: { readonly limit: number; readonly before?: string },
  ): Promise<AccessEvent[]> {
    const rows = await tx.query<StoredEvent>(
      `select seq, id, act, actor_id, subject_id, object_type, object_id, outcome, reason, purpose, basis, rule, provider_id,
              ledger_entry_id, occurred_at
       from audit.access_event
       where subject_id = any($1::uuid[]) and ($2::bigint is null or seq < $2)
       order by seq desc limit $3`,
      [subjectIds, page.before ?? null, Math.min(page.limit, EVENTS_A_PAGE_MAX)],
    );
    return rows.map(toAccessEvent);
  }

  private async appendEntries(
    tx: Tx,
    rows: readonly (AccessEventInput & { readonly id: AccessEventId })[],
  ): Promise<Map<AccessEventId, LedgerEntryId>> {
    const personal = rows.filter(({ subjectId }) => subjectId !== undefined);
    const ids = await this.ledger.appendMany(
      tx,
      personal.map((event) => ({
        kind: 'person',
        code: event.act,
        payload: payloadOf(event),
        subjectId: event.subjectId as string,
        accessEventId: event.id,
      })),
    );
    return new Map(personal.map(({ id }, at) => [id, ids[at] as LedgerEntryId]));
  }
}

/** What the opening of an event's ledger entry says. */
function payloadOf(event: AccessEventInput & { readonly id: AccessEventId }): {
  readonly [name: string]: Json | undefined;
} {
  const { id, actorId, objectType, objectId, outcome, reason, purpose, basis, rule, providerId, detail } = event;
  const why = { purpose, basis, rule, provider: providerId };
  return { event: id, actor: actorId, objectType, object: objectId, outcome, reason, ...why, detail };
}

function toAccessEvent(row: StoredEvent): AccessEvent {
  const { seq, id, act, outcome, reason, purpose, basis, rule } = row;
  return {
    sequence: seq,
    id,
    act,
    actorId: row.actor_id,
    subjectId: row.subject_id,
    objectType: row.object_type,
    objectId: row.object_id,
    outcome,
    reason,
    purpose,
    basis,
    rule,
    providerId: row.provider_id,
    ledgerEntryId: row.ledger_entry_id,
    occurredAt: row.occurred_at,
  };
}
