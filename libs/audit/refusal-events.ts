import { Injectable } from '@nestjs/common';
import type { PartyId } from '@aceso/kernel';
import { Database, RefusalLog, Runtime, type Refusal } from '@aceso/platform';
import { AuditService } from './audit.service';

/** Refusals of one party that are recorded in a minute: enough to see that it tries, too few to fill the log with. */
export const REFUSALS_A_MINUTE_MAX = 20;
const MINUTE_MS = 60_000;

/** Access events for what was refused, in a transaction of their own, since the refused act's rolls back. */
@Injectable()
export class RefusalEvents extends RefusalLog {
  private minute = 0;
  private readonly counts = new Map<PartyId, number>();

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly runtime: Runtime,
  ) {
    super();
  }

  /** Records a refusal; the last of a party in a minute says that further ones are left out. */
  async record(refusal: Refusal): Promise<void> {
    const count = this.count(refusal.actorId);
    if (count > REFUSALS_A_MINUTE_MAX) return;
    const last = count === REFUSALS_A_MINUTE_MAX ? { furtherLeftOut: true } : {};
    const detail = refusal.detail || count === REFUSALS_A_MINUTE_MAX ? { detail: { ...refusal.detail, ...last } } : {};
    await this.database.transaction('api', (tx) =>
      this.audit.record(tx, { ...refusal, outcome: 'refused', ...detail }),
    );
  }

  /** Which refusal of this party in this minute it is, from one. What was counted before is forgotten at the turn. */
  private count(actorId: PartyId): number {
    const minute = Math.floor(this.runtime.now() / MINUTE_MS);
    if (minute !== this.minute) this.counts.clear();
    this.minute = minute;
    const count = (this.counts.get(actorId) ?? 0) + 1;
    this.counts.set(actorId, count);
    return count;
  }
}
