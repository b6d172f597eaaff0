import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { toGlobalId } from '@aceso/platform/graphql';
import type { Head, ProposedLink } from '../source-record.service';

@ObjectType('SourceRecord', { description: 'What one provider holds on one of its patients.' })
export class SourceRecordType {
  @Field(() => String, { description: 'The source record, as statements name it.' })
  sourceRecord: string;

  @Field(() => ID, { description: 'The party that holds it.' })
  provider: string;

  @Field(() => Int, { description: 'Number of its newest segment; 0 before the first.' })
  headSequence: number;

  @Field(() => String, { nullable: true, description: 'Digest of its newest segment, in hexadecimal.' })
  headDigest: string | null;
}

export enum LinkState {
  PROPOSED = 'proposed',
  LINKED = 'linked',
}

registerEnumType(LinkState, {
  name: 'LinkState',
  description: 'Where a proposed link stands.',
  valuesMap: {
    PROPOSED: { description: 'Waits for the patient.' },
    LINKED: { description: 'Two strong identifiers and the birth date agree.' },
  },
});

@ObjectType('ProposedLink', { description: 'Two source records of the patient that seem to be of one person.' })
export class ProposedLinkType {
  @Field(() => [String], { description: 'The two source records, in ascending order, as a link statement names them.' })
  sourceRecords: string[];

  @Field(() => [ID], { description: 'The parties that hold them, in the same order.' })
  providers: string[];

  @Field(() => LinkState, { description: 'How sure the match is.' })
  state: LinkState;

  @Field(() => Int, { description: 'Identifiers in common that a state gives to one person.' })
  strongIdentifiers: number;

  @Field(() => Boolean, { description: 'The birth dates are the same.' })
  sameBirthDate: boolean;
}

/** A head as its provider or patient sees it. */
export function toSourceRecordType({ sourceRecordId, providerId, sequence, digest }: Head): SourceRecordType {
  return {
    sourceRecord: sourceRecordId,
    provider: toGlobalId('Party', providerId),
    headSequence: sequence,
    headDigest: digest,
  };
}

/** A proposed link as the patient sees it. */
export function toProposedLinkType(link: ProposedLink): ProposedLinkType {
  const { first, second, firstProviderId, secondProviderId, state, evidence } = link;
  return {
    sourceRecords: [first, second],
    providers: [toGlobalId('Party', firstProviderId), toGlobalId('Party', secondProviderId)],
    state: state as LinkState,
    strongIdentifiers: evidence.strong,
    sameBirthDate: evidence.birthDate,
  };
}
