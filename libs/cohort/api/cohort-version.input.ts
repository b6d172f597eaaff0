import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { fromGlobalId, toGlobalId } from '@aceso/platform/graphql';
import type { CohortVersion } from '../cohort.service';

@InputType('CohortVersionInput', { description: 'One version of a saved cohort that you may read.' })
export class CohortVersionInput {
  @Field(() => ID, { description: 'Id of the saved cohort.' })
  cohort: string;

  @Field(() => Int, { description: 'Its version.' })
  version: number;
}

@ObjectType('CohortVersionRef', { description: 'Names one version of a saved cohort.' })
export class CohortVersionRefType {
  @Field(() => ID, { description: 'Id of the saved cohort.' })
  cohort: string;

  @Field(() => Int, { description: 'Its version.' })
  version: number;
}

/** What a client names. Throws NOT_FOUND. */
export function fromCohortVersionInput({ cohort, version }: CohortVersionInput): CohortVersion {
  return { cohortId: fromGlobalId('Cohort', cohort), version };
}

/** A version as clients name it. */
export function toCohortVersionRef({ cohortId, version }: CohortVersion): CohortVersionRefType {
  return { cohort: toGlobalId('Cohort', cohortId), version };
}
