import { Field, ObjectType } from '@nestjs/graphql';
import { base64 } from '@aceso/kernel';
import type { Ledger } from '../ledger';
import { AnchorType, toAnchorType } from './anchor.type';

@ObjectType('Status', { description: 'The public face of the ledger.' })
export class StatusType {
  @Field(() => String, { description: 'Name of the ledger: first line of every checkpoint, audience of statements.' })
  origin: string;

  @Field(() => String, { description: 'Its key as a signed-note verifier key: what belongs into a trust policy.' })
  verifierKey: string;

  @Field(() => String, { description: 'Entries in the newest public checkpoint, as a decimal.' })
  ledgerSize: string;

  @Field(() => String, { nullable: true, description: 'Base64 of its root hash; null before the first checkpoint.' })
  root: string | null;

  @Field(() => String, { nullable: true, description: 'The signed checkpoint itself; null before the first.' })
  checkpoint: string | null;

  @Field(() => AnchorType, { nullable: true, description: 'The newest checkpoint that a contract remembers for good.' })
  anchor: AnchorType | null;
}

/** What the ledger says of itself. */
export async function toStatusType(ledger: Ledger): Promise<StatusType> {
  const checkpoint = await ledger.checkpoint();
  return {
    origin: ledger.origin,
    verifierKey: ledger.verifierKey(),
    ledgerSize: String(checkpoint?.size ?? 0n),
    root: checkpoint && base64.encode(checkpoint.root),
    checkpoint: checkpoint && checkpoint.text,
    anchor: toAnchorType(await ledger.finalAnchor()),
  };
}
