import { Field, GraphQLISODateTime, ObjectType } from '@nestjs/graphql';
import { hex } from '@aceso/kernel';
import type { AnchorRow } from '../data/anchor';

@ObjectType('Anchor', {
  description: 'A checkpoint that a contract of an EVM chain remembers for good. Check it with a node of your own.',
})
export class AnchorType {
  @Field(() => String, { description: 'Number of the chain, as a decimal.' })
  chainId: string;

  @Field(() => String, { description: 'Address of the contract: 0x and 40 hexadecimal digits.' })
  contract: string;

  @Field(() => String, { description: 'Entries in the anchored checkpoint, as a decimal.' })
  size: string;

  @Field(() => String, { description: 'Hash of the transaction: 0x and 64 hexadecimal digits.' })
  transactionHash: string;

  @Field(() => String, { description: 'Number of its block, as a decimal.' })
  blockNumber: string;

  @Field(() => GraphQLISODateTime, { description: 'When it was found to be final.' })
  finalAt: Date;
}

/** A final anchor as the public sees it; null for none. */
export function toAnchorType(anchor: AnchorRow | undefined): AnchorType | null {
  if (!anchor?.found) return null;
  const { chainId, contract, size, found } = anchor;
  return {
    chainId: String(chainId),
    contract: `0x${hex.encode(contract)}`,
    size: String(size),
    transactionHash: `0x${hex.encode(found.transaction)}`,
    blockNumber: String(found.blockNumber),
    finalAt: found.at,
  };
}
