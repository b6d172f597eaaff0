import { Field, Int, ObjectType } from '@nestjs/graphql';

@ObjectType('Attestation', { description: "A provider's half of a binding." })
export class AttestationType {
  @Field(() => String, { description: 'Digest of the statement: the patient names it in the binding.' })
  attestation: string;
}

@ObjectType('Binding', { description: "A patient's key joined to a source record." })
export class BindingType {
  @Field(() => String, { description: 'The source record, as statements name it.' })
  sourceRecord: string;
}

@ObjectType('Link', { description: 'Two source records that the patient confirmed to be of one person.' })
export class LinkType {
  @Field(() => [String], { description: 'The two source records, as statements name them.' })
  sourceRecords: string[];
}

@ObjectType('UnlinkedRecord', { description: 'A source record that is not of the acting patient any more.' })
export class UnlinkedRecordType {
  @Field(() => String, { description: 'The source record, as statements name it.' })
  sourceRecord: string;
}

@ObjectType('Retraction', { description: 'A source record that its provider took back.' })
export class RetractionType {
  @Field(() => String, { description: 'The source record, as statements name it.' })
  sourceRecord: string;
}

@ObjectType('StatementHead', { description: "Newest statement of a party's chain; a client continues from it." })
export class StatementHeadType {
  @Field(() => Int, { description: 'Its number; 0 before the first.' })
  sequence: number;

  @Field(() => String, { nullable: true, description: 'Its digest; null before the first.' })
  digest: string | null;
}
