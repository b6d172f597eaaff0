import { Field, Int, ObjectType } from '@nestjs/graphql';
import { ReceiptType, toReceiptType } from '@aceso/ledger/api';
import type { Receipt } from '@aceso/ledger';
import type { OwnErasure } from '../erasure.service';

@ObjectType('Erasure', {
  description: 'What the patient erased. What providers hold outside of this instance is theirs.',
})
export class ErasureType {
  @Field(() => String, { description: 'Digest of the statement that asked for it, in hexadecimal.' })
  statement: string;

  @Field(() => String, { nullable: true, description: 'The source record; null where the whole person was erased.' })
  sourceRecord: string | null;

  @Field(() => Int, { description: 'Source records whose keys were destroyed.' })
  records: number;

  @Field(() => Date, { description: 'From this moment on nothing here reads them.' })
  erasedAt: Date;

  @Field(() => Int, {
    description: 'Days after which no backup opens them either: ACESO_EPOCH_DAYS and ACESO_KEY_BACKUP_DAYS together.',
  })
  latencyDays: number;

  @Field(() => String, { description: 'The day, YYYY-MM-DD, on which that was so by the settings of the erasure.' })
  deadOn: string;

  @Field(() => ReceiptType, {
    nullable: true,
    description: 'Proof that the erasure is in the ledger; null while it is not public. Keep the file.',
  })
  receipt: ReceiptType | null;
}

export function toErasureType(erasure: OwnErasure, receipt: Receipt | null, latencyDays: number): ErasureType {
  const { statement, sourceRecordId, records, erasedAt, deadOn } = erasure;
  return {
    statement,
    sourceRecord: sourceRecordId,
    records,
    erasedAt,
    latencyDays,
    deadOn,
    receipt: receipt && toReceiptType(receipt),
  };
}
