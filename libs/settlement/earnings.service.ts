import { Injectable } from '@nestjs/common';
import { assert, hex, utf8, type Money } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { refuseRestrictedKey, requireActive } from '@aceso/identity';
import { Ledger } from '@aceso/ledger';
import { Runtime, sha256, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import type { Account } from './domain/account';
import { SettlementError } from './domain/settlement.errors';
import { SettlementService } from './settlement.service';

/** Fewest minor units of one payout: bank fees would eat less. */
export const PAYOUT_MINOR_MIN = 100n;

type AccountOwner = Pick<Actor, 'role' | 'partyId' | 'personId'>;

/** What belongs to the acting party, and taking it out. Role api. */
@Injectable()
export class EarningsService {
  constructor(
    private readonly settlement: SettlementService,
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
    private readonly runtime: Runtime,
  ) {}

  /** What the acting party has: deposits of a research center, earnings of a patient, of a provider those in closed pools. */
  async balance(tx: Tx, actor: AccountOwner, currency: string): Promise<Money> {
    await tx.actAs(actor.partyId);
    return this.settlement.payable(tx, accountOf(actor), currency);
  }

  /**
   * Pays earned money out; the same key pays once for ever. Throws AMOUNT_INVALID, INSUFFICIENT_FUNDS,
   * TRANSFER_KEY_REUSED, PARTY_NOT_ACTIVE, KEY_RESTRICTED.
   */
  async payOut(tx: Tx, actor: Actor, request: { amount: Money; key: string }): Promise<void> {
    await tx.actAs(actor.partyId);
    await requireActive(tx, actor.partyId);
    const { amount } = request;
    if (amount.amountMinor < PAYOUT_MINOR_MIN) {
      throw new SettlementError('AMOUNT_INVALID', `a payout is at least ${PAYOUT_MINOR_MIN} minor units`);
    }
    await refuseRestrictedKey(tx, actor, new Date(this.runtime.now()));
    const account = accountOf(actor);
    assert(account.kind === 'patient' || account.kind === 'provider', 'patients and providers earn');
    // Hashed with the owner: keys of different owners never meet, and the row names nobody.
    const key = hex.encode(sha256(utf8(`aceso/payout/v1\0${account.ownerId}\0${request.key}`)));
    const owner = account.kind === 'patient' ? { personId: account.ownerId } : { partyId: account.ownerId };
    const { repeated } = await this.settlement.payOut(tx, { ...owner, amount, key });
    if (!repeated) await this.report(tx, actor, amount);
  }

  /** A patient's payout stands in a sealed opening, where nobody else reads who earned. */
  private async report(tx: Tx, actor: Actor, amount: Money): Promise<void> {
    const { partyId, personId } = actor;
    const detail = { amountMinor: amount.amountMinor.toString(), currency: amount.currency };
    const event = { act: 'payout.requested', actorId: partyId, outcome: 'permitted', detail } as const;
    const accessEventId = await this.audit.record(tx, personId ? { ...event, subjectId: personId } : event);
    if (personId) return;
    await this.ledger.append(tx, {
      kind: 'administration',
      code: event.act,
      payload: detail,
      subjectId: partyId,
      accessEventId,
    });
  }
}

function accountOf({ role, partyId, personId }: AccountOwner): Account {
  if (role === 'researcher') return { kind: 'buyer', ownerId: partyId };
  if (role === 'provider') return { kind: 'provider', ownerId: partyId };
  assert(role === 'patient' && personId, 'compliance officers have no account');
  return { kind: 'patient', ownerId: personId };
}
