import { Field, ID, ObjectType } from '@nestjs/graphql';
import { toGlobalId } from '@aceso/platform/graphql';
import type { CountLock } from '../count-locks';

@ObjectType('CountLock', { description: 'A research center, with its affiliates, that may not ask for numbers.' })
export class CountLockType {
  @Field(() => ID, { description: 'For `releaseCountLock`.' })
  id: string;

  @Field(() => ID, { description: 'The party whose question came too close once too often.' })
  party: string;

  @Field(() => Date, { description: 'Since when.' })
  beganAt: Date;
}

/** A lock-out as officers see it. */
export function toCountLockType({ id, partyId, beganAt }: CountLock): CountLockType {
  return { id: toGlobalId('CountLock', id), party: toGlobalId('Party', partyId), beganAt };
}
