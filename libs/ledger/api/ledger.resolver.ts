import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import type { LedgerEntryId } from '@aceso/kernel';
import { Access, CurrentParty, fromGlobalId, type Actor } from '@aceso/platform/graphql';
import { Ledger } from '../ledger';
import { ReceiptType, toReceiptType } from './receipt.type';
import { StatusType, toStatusType } from './status.type';

@Resolver()
export class LedgerResolver {
  constructor(private readonly ledger: Ledger) {}

  @Access('public')
  @Query(() => StatusType, { description: 'Name, key and newest public checkpoint of the ledger.' })
  async status(): Promise<StatusType> {
    return toStatusType(this.ledger);
  }

  @Access('patient', 'researcher', 'provider', 'officer')
  @Query(() => ReceiptType, {
    nullable: true,
    description: 'Receipt of an entry that concerns the acting party; null while it is not public, and for all others.',
  })
  async receipt(
    @CurrentParty() actor: Actor,
    @Args('entry', { type: () => ID, description: 'Opaque id of the ledger entry.' }) entry: string,
  ): Promise<ReceiptType | null> {
    const id: LedgerEntryId = fromGlobalId('LedgerEntry', entry);
    // What concerns somebody else does not exist: one answer, whatever the reason.
    const subjectId = await this.ledger.subjectOf(id);
    if (subjectId === null || (subjectId !== actor.partyId && subjectId !== actor.personId)) return null;
    const receipt = await this.ledger.receipt(id, actor.partyId);
    return receipt && toReceiptType(receipt);
  }
}
