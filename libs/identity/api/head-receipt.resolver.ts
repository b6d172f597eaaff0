import { Field, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { ReceiptType, toReceiptType } from '@aceso/ledger/api';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { HeadReceipts } from '../head-receipts';

@ObjectType('HeadReceipt', {
  description: 'Where a chain of statements stands, provable: a statement that was dropped, or revived, shows.',
})
export class HeadReceiptType {
  @Field(() => Int, { description: 'Number of the newest statement.' })
  sequence: number;

  @Field(() => String, { description: 'Its digest.' })
  digest: string;

  @Field(() => ReceiptType, {
    nullable: true,
    description: 'Receipt of its entry, opened: the payload holds number and digest. Null while it is not public.',
  })
  receipt: ReceiptType | null;
}

@Resolver()
export class HeadReceiptResolver {
  constructor(private readonly heads: HeadReceipts) {}

  @Access('patient')
  @Query(() => HeadReceiptType, {
    nullable: true,
    description: "Newest statement of the acting patient's chain, with its receipt; null before the first.",
  })
  async headReceipt(@CurrentParty() { partyId }: Actor): Promise<HeadReceiptType | null> {
    const head = await this.heads.of(partyId);
    return head && { ...head, receipt: head.receipt && toReceiptType(head.receipt) };
  }
}
