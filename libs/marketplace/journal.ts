import { Injectable } from '@nestjs/common';
import type { PartyId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { Ledger } from '@aceso/ledger';
import type { Tx } from '@aceso/platform';

/** An act on a request or an order. Its detail holds ids, hashes and versions, never a person. */
export interface MarketplaceAct {
  readonly act: string;
  /** Null when the instance itself acts. */
  readonly actorId: PartyId | null;
  readonly objectType: 'request' | 'order';
  readonly objectId: string;
  readonly detail?: { readonly [name: string]: string | number | null };
}

/** Writes what happened to requests and orders: access event and ledger entry, in the acting transaction. */
@Injectable()
export class Journal {
  constructor(
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
  ) {}

  /** Records the act twice over: for those who search the access log, and for those who verify the ledger. */
  async write(tx: Tx, { act, actorId, objectType, objectId, detail = {} }: MarketplaceAct): Promise<void> {
    const event = { act, actorId, objectType, objectId, outcome: 'permitted', detail } as const;
    const accessEventId = await this.audit.record(tx, event);
    const payload = { [objectType]: objectId, ...detail };
    await this.ledger.append(tx, { kind: 'order', code: act, payload, subjectId: objectId, accessEventId });
  }
}
