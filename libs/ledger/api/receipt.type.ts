import { Field, ObjectType } from '@nestjs/graphql';
import { base64 } from '@aceso/kernel';
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
  @Field(() => String, { description: 'Text of a .tlog-proof file against the newest public checkpoint.' })
  proof: string;

  @Field(() => String, { description: 'Base64 of the entry as logged.' })
  entryBase64: string;

  @Field(() => OpeningType, { nullable: true, description: 'Null once it was erased; the proof stays valid.' })
  opening: OpeningType | null;
}

/** A receipt as the party concerned sees it. */
export function toReceiptType({ proof, entry, opening }: Receipt): ReceiptType {
  return {
    proof,
    entryBase64: base64.encode(entry),
    opening: opening && { salt: base64.encode(opening.salt), payload: opening.payload },
  };
}
