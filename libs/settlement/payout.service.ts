import { Injectable } from '@nestjs/common';
import { assert, type AccessEventId, type Id, type Money, type PartyId, type PersonId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { VaultItems } from '@aceso/identity';
import type { BankDetails } from '@aceso/identity/domain';
import { Database, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { SettlementError } from './domain/settlement.errors';

export type PayoutId = Id<'Payout'>;

/** A payout that was asked for and not executed yet: what it is about, and nobody whose it is. */
export interface OpenPayout {
  readonly payoutId: PayoutId;
  readonly amount: Money;
  readonly requestedAt: Date;
}

/** What an officer transfers, and where to. */
export interface ExecutedPayout {
  readonly payoutId: PayoutId;
  readonly amount: Money;
  readonly bankDetails: BankDetails;
  readonly executedAt: Date;
}

interface Payee {
  readonly partyId: PartyId;
  readonly personId: PersonId | null;
  readonly amountMinor: string;
  readonly currency: string;
  readonly active: boolean;
  readonly executedBy: PartyId | null;
  readonly executedAt: Date | null;
}

/** The named act (`vault.named_act`) by which a payout reads bank details. */
const ACT = 'payout.executed';

/** Officers carry out what payees asked for. Bank details are read by the act that marks the payout executed, and by no other. */
@Injectable()
export class PayoutService {
  constructor(
    private readonly database: Database,
    private readonly items: VaultItems,
    private readonly audit: AuditService,
  ) {}

  /** Up to `limit` payouts that wait, longest first, after the one named. Nobody but an officer sees any. Role api. */
  async listOpen(
    tx: Tx,
    officer: Actor,
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<OpenPayout[]> {
    await tx.actAs(officer.partyId);
    const rows = await tx.query<{ id: PayoutId; amountMinor: string; currency: string; requestedAt: Date }>(
      `select id, amount_minor as "amountMinor", currency, requested_at as "requestedAt"
         from settlement.open_payouts($1, $2)`,
      [page.after, page.limit],
    );
    return rows.map(({ id, requestedAt, ...sum }) => ({ payoutId: id, amount: moneyOf(sum), requestedAt }));
  }

  /**
   * Marks a payout executed and returns where it goes, in one transaction with the access event that its payee sees. The same
   * officer may ask again, which changes nothing but leaves one more access event. Throws NOT_FOUND, PAYOUT_IN_OTHER_HANDS,
   * PAYOUT_PAYEE_STOPPED, PAYOUT_BANK_DETAILS_MISSING; the payee sees the last two as well. Role vault.
   */
  async execute(officer: Actor, payoutId: PayoutId): Promise<ExecutedPayout> {
    try {
      return await this.database.transaction('vault', (tx) => this.executeIn(tx, officer, payoutId));
    } catch (error) {
      if (error instanceof SettlementError) await this.reportRefusal(officer, payoutId, error);
      throw error;
    }
  }

  private async executeIn(tx: Tx, officer: Actor, payoutId: PayoutId): Promise<ExecutedPayout> {
    const payee = await payeeOf(tx, officer, payoutId);
    if (!payee) throw new SettlementError('NOT_FOUND', 'there is no such payout');
    requireExecutable(payee, officer);
    const reason = { act: ACT, owner: ownerOf(payee), actorId: officer.partyId, detail: { payout: payoutId } };
    const { accessEventId, item } = await this.items.readFor(tx, reason, 'bank-details');
    if (!item) throw new SettlementError('PAYOUT_BANK_DETAILS_MISSING', 'the payee has saved no bank details yet');
    const executedAt = payee.executedAt ?? (await markExecuted(tx, payoutId, accessEventId));
    return { payoutId, amount: moneyOf(payee), bankDetails: item, executedAt };
  }

  /** In a transaction of its own, as the act's was rolled back. */
  private async reportRefusal(officer: Actor, payoutId: PayoutId, { code }: SettlementError): Promise<void> {
    await this.database.transaction('vault', async (tx) => {
      const payee = await payeeOf(tx, officer, payoutId);
      if (!payee) return; // what is not there concerns nobody: the edge records the attempt
      await this.audit.record(tx, {
        act: ACT,
        actorId: officer.partyId,
        subjectId: payee.personId ?? payee.partyId,
        detail: { payout: payoutId },
        outcome: 'refused',
        reason: code,
      });
    });
  }
}

async function payeeOf(tx: Tx, officer: Actor, payoutId: PayoutId): Promise<Payee | undefined> {
  const [payee] = await tx.query<Payee>(
    `select party_id as "partyId", person_id as "personId", amount_minor as "amountMinor", currency, active,
            executed_by as "executedBy", executed_at as "executedAt"
       from vault.payee($1, $2)`,
    [payoutId, officer.partyId],
  );
  return payee;
}

function requireExecutable({ active, executedBy }: Payee, officer: Actor): void {
  if (executedBy !== null && executedBy !== officer.partyId) {
    throw new SettlementError('PAYOUT_IN_OTHER_HANDS', 'another officer executed this payout: it is not paid twice');
  }
  if (!active) {
    throw new SettlementError(
      'PAYOUT_PAYEE_STOPPED',
      'the payee is suspended: the payout waits until it is reinstated',
    );
  }
}

async function markExecuted(tx: Tx, payoutId: PayoutId, event: AccessEventId): Promise<Date> {
  const [row] = await tx.query<{ at: Date }>('select vault.execute_payout($1, $2) as at', [payoutId, event]);
  assert(row, 'the function answers with the moment');
  return row.at;
}

function ownerOf({ partyId, personId }: Payee): { readonly partyId: PartyId; readonly personId?: PersonId } {
  return personId === null ? { partyId } : { partyId, personId };
}

function moneyOf({ amountMinor, currency }: { readonly amountMinor: string; readonly currency: string }): Money {
  return { amountMinor: BigInt(amountMinor), currency };
}
