import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import type { LedgerEntryId } from '@aceso/kernel';
import { RefusalLog } from '@aceso/platform';
import {
  Access,
  CurrentParty,
  EdgeError,
  fromGlobalId,
  PageArgs,
  pageOf,
  toConnection,
  type Actor,
} from '@aceso/platform/graphql';
import { parseDecimal } from '../domain';
import { Ledger } from '../ledger';
import { ReceiptConnection, ReceiptType, toReceiptType } from './receipt.type';
import { StatusType, toStatusType } from './status.type';

@Resolver()
export class LedgerResolver {
  constructor(
    private readonly ledger: Ledger,
    private readonly refusals: RefusalLog,
  ) {}

  @Access('public')
  @Query(() => StatusType, { description: 'Name, key and newest public checkpoint of the ledger.' })
  async status(): Promise<StatusType> {
    return toStatusType(this.ledger);
  }

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
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
    const standing = await this.ledger.standingOf(id, actor.partyId);
    if (standing === 'foreign') {
      await this.refusals.record({ actorId: actor.partyId, act: 'query.receipt', reason: 'NOT_FOUND' });
    }
    if (standing !== 'own') return null;
    const receipt = await this.ledger.receipt(id, actor.partyId);
    return receipt && toReceiptType(receipt);
  }

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
  @Query(() => ReceiptConnection, {
    description: 'Receipts of the public entries that concern the acting party, newest first.',
  })
  async receipts(
    @CurrentParty() { partyId }: Actor,
    @Args() args: PageArgs,
    @Args('opened', {
      type: () => Boolean,
      defaultValue: false,
      description: 'Opens each: an access event a receipt, which the party sees as any other.',
    })
    opened: boolean,
  ): Promise<ReceiptConnection> {
    const page = pageOf(args);
    const before = page.after ? { before: indexOf(page.after) } : {};
    const rows = await this.ledger.ownReceipts(partyId, { limit: page.limit, opened, ...before });
    return toConnection(rows, page, { cursorOf: ({ index }) => [String(index)], toNode: toReceiptType });
  }
}

/** The index in a cursor. */
function indexOf([text = '']: readonly string[]): bigint {
  const index = parseDecimal(text);
  if (index === undefined) throw new EdgeError('PAGE_INVALID', 'after is no cursor of this list');
  return index;
}
