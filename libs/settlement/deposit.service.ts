import { Injectable } from '@nestjs/common';
import type { Money, PartyId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { Ledger } from '@aceso/ledger';
import type { Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { SettlementError } from './domain/settlement.errors';
import { SettlementService } from './settlement.service';

/** Compliance officers book what arrived at the bank. Role api. */
@Injectable()
export class DepositService {
  constructor(
    private readonly settlement: SettlementService,
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Books a bank deposit for a research center, once a bank reference. `buyer` is a party id or the party's did:key.
   * Throws BUYER_UNKNOWN, AMOUNT_INVALID, DEPOSIT_REFERENCE_INVALID, TRANSFER_KEY_REUSED.
   */
  async record(tx: Tx, officer: Actor, input: { buyer: string; amount: Money; reference: string }): Promise<void> {
    await tx.actAs(officer.partyId);
    const { amount, reference } = input;
    const buyerId = await findBuyer(tx, input.buyer);
    const { repeated } = await this.settlement.deposit(tx, { buyerId, amount, reference });
    if (repeated) return;
    const detail = { buyer: buyerId, amountMinor: amount.amountMinor.toString(), currency: amount.currency, reference };
    const accessEventId = await this.audit.record(tx, {
      act: 'deposit.recorded',
      actorId: officer.partyId,
      objectType: 'party',
      objectId: buyerId,
      outcome: 'permitted',
      detail,
    });
    await this.ledger.append(tx, {
      kind: 'administration',
      code: 'deposit.recorded',
      payload: detail,
      subjectId: buyerId,
      accessEventId,
    });
  }
}

async function findBuyer(tx: Tx, buyer: string): Promise<PartyId> {
  const [party] = await tx.query<{ id: PartyId }>(
    `select id from identity.party where (id::text = $1 or did = $1) and role = 'researcher'
        and identity.is_active(id, clock_timestamp())`,
    [buyer],
  );
  if (!party) throw new SettlementError('BUYER_UNKNOWN', 'there is no such research center');
  return party.id;
}
