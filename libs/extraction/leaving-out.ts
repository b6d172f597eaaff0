import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import type { OrderId, PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { exclude } from './data/attempt.store';
import type { ExclusionReason } from './domain/attempt';

/** Keeps persons out of an order for good, and tells them: it stands in their own timeline and nowhere else. */
@Injectable()
export class LeavingOut {
  constructor(private readonly audit: AuditService) {}

  /** Whoever is out already is not told twice. */
  async leaveOut(
    tx: Tx,
    orderId: OrderId,
    left: { readonly persons: readonly PersonId[]; readonly reason: ExclusionReason },
  ): Promise<void> {
    const newly = await exclude(tx, orderId, left);
    await this.audit.recordMany(
      tx,
      newly.map((personId) => ({
        act: 'record.left-out',
        actorId: null,
        subjectId: personId,
        outcome: 'refused' as const,
        reason: left.reason,
        detail: { order: orderId },
      })),
    );
  }
}
