import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { assert, isUuid, type AccessEventId } from '@aceso/kernel';
import { Database, Runtime, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { AuditError } from './audit.errors';
import { AuditService } from './audit.service';
import { readExportWish, type ExportWish, type ToldEvent } from './domain';

/** Events that are read at once: all that an export of any length holds in memory. */
export const EXPORT_PAGE_ROWS = 1_000;
/** So long an export waits for transactions that began before it: their events may belong into its range. */
export const SETTLE_MS_MAX = 20_000;
const SETTLE_PAUSE_MS = 50;

/** An export, or its rest after a cursor. */
export interface OpenExport {
  /** How many events it will yield. */
  readonly count: number;
  /** In the order of their times, page by page; each id is a cursor. */
  readonly events: AsyncGenerator<readonly ToldEvent[]>;
}

/** The access log of a range of time, for compliance officers; patients are not told apart in it. Role api. */
@Injectable()
export class AuditExport {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly runtime: Runtime,
  ) {}

  /**
   * Opens an export under an access event of its own, committed before anything is read. `after` is the id of the last event that
   * came before a break. Throws AUDIT_RANGE_INVALID, AUDIT_REASON_INVALID, AUDIT_CURSOR_INVALID, AUDIT_LOG_BUSY.
   */
  async open(officer: Actor, wish: ExportWish & { readonly after?: string }): Promise<OpenExport> {
    const { since, until, reason } = readExportWish(wish, this.runtime.now());
    const after = wish.after ?? null;
    if (after !== null && !isUuid(after)) throw cursorInvalid();
    const { partyId } = officer;
    const detail = { since: since.toISOString(), until: until.toISOString(), ...(after && { after }) };
    const event = await this.database.transaction('api', (tx) =>
      this.audit.record(tx, {
        act: 'audit.exported',
        actorId: partyId,
        purpose: reason,
        outcome: 'permitted',
        detail,
      }),
    );
    await this.settle();
    const place = { officer, event, after };
    return { count: await this.count(place), events: this.pages(place) };
  }

  /** Waits until no transaction is left that was in progress at the call: the range gets no further event then. */
  private async settle(): Promise<void> {
    const deadline = performance.now() + SETTLE_MS_MAX;
    const [border] = await this.database.query<{ xid: string }>(
      'api',
      'select pg_snapshot_xmax(pg_current_snapshot())::text as xid',
    );
    for (;;) {
      const [now] = await this.database.query<{ settled: boolean }>(
        'api',
        'select pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 as settled',
        [border?.xid],
      );
      if (now?.settled) return;
      if (performance.now() > deadline) {
        throw new AuditError('AUDIT_LOG_BUSY', 'a long act is still writing: ask again when it has ended');
      }
      await sleep(SETTLE_PAUSE_MS);
    }
  }

  private async count({ officer, event, after }: Place): Promise<number> {
    return this.as(officer, async (tx) => {
      if (after !== null) {
        const [known] = await tx.query<{ known: boolean }>('select audit.is_exported($1, $2) as known', [event, after]);
        if (!known?.known) throw cursorInvalid();
      }
      const [row] = await tx.query<{ count: string }>('select audit.exported_count($1, $2) as count', [event, after]);
      return Number(row?.count);
    });
  }

  private async *pages({ officer, event, after: start }: Place): AsyncGenerator<readonly ToldEvent[]> {
    for (let after = start; ;) {
      const page = await this.as(officer, (tx) =>
        tx.query<ToldEvent>(
          `select id, act, actor_id as "actorId", subject_id as "subjectId", object_type as "objectType",
                  object_id as "objectId", outcome, reason, purpose, provider_id as "providerId",
                  ledger_entry_id as "ledgerEntryId", occurred_at as "occurredAt"
             from audit.exported_events($1, $2, $3)`,
          [event, after, EXPORT_PAGE_ROWS],
        ),
      );
      if (page.length > 0) yield page;
      if (page.length < EXPORT_PAGE_ROWS) return;
      const last = page.at(-1);
      assert(last, 'a full page has a last event');
      after = last.id;
    }
  }

  private as<Result>({ partyId }: Actor, use: (tx: Tx) => Promise<Result>): Promise<Result> {
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(partyId);
      return use(tx);
    });
  }
}

interface Place {
  readonly officer: Actor;
  readonly event: AccessEventId;
  readonly after: string | null;
}

function cursorInvalid(): AuditError {
  return new AuditError('AUDIT_CURSOR_INVALID', 'after is the id of an event of this range');
}
