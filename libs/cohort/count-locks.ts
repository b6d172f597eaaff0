import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { isUuid, type PartyId } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import type { Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { CohortError } from './domain/cohort.errors';

/** Open lock-outs that an officer is shown at once. */
export const LOCKS_SHOWN_MAX = 100;

/** A group that was locked out, by the party whose question did it. */
export interface CountLock {
  readonly id: string;
  readonly partyId: PartyId;
  readonly beganAt: Date;
}

/** Groups whose questions came too close too often, and the officers who let them go on. */
@Injectable()
export class CountLocks {
  constructor(
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
  ) {}

  /** Lock-outs that nobody released yet, the oldest first. */
  async open(tx: Tx, officer: Actor): Promise<readonly CountLock[]> {
    await tx.actAs(officer.partyId);
    return tx.query<CountLock>(
      `select l.id, l.party_id as "partyId", l.began_at as "beganAt" from cohort.count_lock l
        where not exists (select from cohort.count_release r where r.lock_id = l.id)
        order by l.began_at, l.id limit $1`,
      [LOCKS_SHOWN_MAX],
    );
  }

  /**
   * Releases a lock-out: the group's close questions before it do not count any more, what it was shown does. Throws
   * COUNT_RELEASE_REFUSED where there is no such open lock, or without a reason of 10 to 500 characters.
   */
  async release(tx: Tx, officer: Actor, { lockId, reason }: { lockId: string; reason: string }): Promise<void> {
    await tx.actAs(officer.partyId);
    const [lock] = isUuid(lockId)
      ? await tx.query<{ partyId: PartyId }>('select party_id as "partyId" from cohort.count_lock where id = $1', [
          lockId,
        ])
      : [];
    const said = reason.trim();
    if (!lock || said.length < 10 || said.length > 500) throw refused();
    const released = await tx.execute(
      'insert into cohort.count_release (lock_id, released_by, reason) values ($1, $2, $3) on conflict do nothing',
      [lockId, officer.partyId, said],
    );
    if (released === 0) throw refused();
    const act = 'counts.released';
    const accessEventId = await this.audit.record(tx, {
      act,
      actorId: officer.partyId,
      objectType: 'party',
      objectId: lock.partyId,
      outcome: 'permitted',
      detail: { lock: lockId },
    });
    const payload = { officer: officer.partyId, party: lock.partyId, lock: lockId };
    await this.ledger.append(tx, { kind: 'administration', code: act, payload, accessEventId });
  }
}

const refused = () =>
  new CohortError('COUNT_RELEASE_REFUSED', 'name an open lock by its id, and give a reason of 10 to 500 characters');
