import { Field, GraphQLISODateTime, ID, ObjectType } from '@nestjs/graphql';
import { ConnectionOf, toGlobalId } from '@aceso/platform/graphql';
import type { Affiliation } from '../affiliation.service';

@ObjectType('Affiliation', { description: 'Two research centers or providers that belong together, or did.' })
export class AffiliationType {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => [ID], { description: 'The two parties.' })
  parties: string[];

  @Field(() => GraphQLISODateTime, { description: 'When an officer declared it.' })
  declaredAt: Date;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When it ended; null while it stands. What was released or bound before counts as before.',
  })
  endedAt: Date | null;
}

@ObjectType({ description: 'Affiliations, newest first.' })
export class AffiliationConnection extends ConnectionOf(AffiliationType, 'Affiliation') {}

/** An affiliation as its parties and officers see it. */
export function toAffiliationType({ id, partyIds, declaredAt, endedAt }: Affiliation): AffiliationType {
  return {
    id: toGlobalId('Affiliation', id),
    parties: partyIds.map((partyId) => toGlobalId('Party', partyId)),
    declaredAt,
    endedAt,
  };
}
