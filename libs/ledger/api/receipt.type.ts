import { Field, ID, ObjectType } from '@nestjs/graphql';
import { base64 } from '@aceso/kernel';
import { ConnectionOf, toGlobalId } from '@aceso/platform/graphql';
import { withExtra } from '../domain';
import type { Receipt } from '../ledger';

@ObjectType('Opening', { description: 'What a ledger entry commits to. Whoever holds it can show it to others.' })
export class OpeningType {
  @Field(() => String, { description: 'Base64 of the 32 random bytes.' })
  salt: string;

  @Field(() => String, { description: 'Canonical JSON of what happened: at least code and at.' })
  payload: string;
}

@ObjectType('Receipt', {
  description: 'Proof that an entry is in the ledger. It verifies offline, with `aceso verify`.',
})
export class ReceiptType {
  @Field(() => ID, { description: 'Opaque id of the entry.' })
  entry: string;

  @Field(() => String, { description: 'Place of the entry in the log, as a decimal.' })
  index: string;

  @Field(() => String, { description: 'Text of a .tlog-proof file against the newest public checkpoint.' })
  proof: string;

  @Field(() => String, { description: 'Base64 of the entry as logged.' })
  entryBase64: string;

  @Field(() => OpeningType, {
    nullable: true,
    description: 'Null once it was erased, and where a list was not asked to open; the proof stays valid.',
  })
  opening: OpeningType | null;

  @Field(() => String, {
    description: 'Text of a .tlog-proof file that carries entry and opening: all that `aceso verify` needs.',
  })
  file: string;
}

@ObjectType({ description: 'Receipts, newest first.' })
export class ReceiptConnection extends ConnectionOf(ReceiptType, 'Receipt') {}

/** A receipt as the party concerned sees it. */
export function toReceiptType({ id, index, proof, entry, opening }: Receipt): ReceiptType {
  return {
    entry: toGlobalId('LedgerEntry', id),
    index: String(index),
    proof,
    entryBase64: base64.encode(entry),
    opening: opening && { salt: base64.encode(opening.salt), payload: opening.payload },
    file: withExtra(proof, { entry, ...(opening && { opening }) }),
  };
}
