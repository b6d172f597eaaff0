import { canonicalJson } from '@aceso/kernel';
import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { ConnectionOf, toGlobalId } from '@aceso/platform/graphql';
import { COHORT_VERSIONS_MAX, COHORTS_MAX, type SavedCohort } from '../data/saved-cohort-rows';
import { COHORT_NAME_LENGTH_MAX, criteriaInWords } from '../domain';
import type { CohortReader } from '../saved-cohorts';
import { CohortVersionRefType, toCohortVersionRef } from './cohort-version.input';

@InputType('SaveCohortInput', { description: 'A cohort as its owner saves it.' })
export class SaveCohortInput {
  @Field(() => ID, {
    nullable: true,
    description: 'The saved cohort that gets another version or name; a new one without it.',
  })
  cohort?: string | null;

  @Field(() => String, {
    description: `1 to ${COHORT_NAME_LENGTH_MAX} characters, different from those of your other saved cohorts (${COHORTS_MAX} at most).`,
  })
  name: string;

  @Field(() => String, { description: 'JSON of the criteria, as of `cohortCount`; kept in canonical form.' })
  criteria: string;

  @Field(() => String, { description: 'Chosen by the caller; the same key and cohort answer the same.' })
  idempotencyKey: string;
}

@ObjectType('ListedCohortVersion', { description: 'A version of a saved cohort.' })
export class ListedCohortVersionType {
  @Field(() => Int, { description: 'From 1.' })
  version: number;

  @Field(() => GraphQLISODateTime, { description: 'When it was saved.' })
  savedAt: Date;

  @Field(() => String, { description: 'SHA-256 of the canonical criteria, lower-case hexadecimal.' })
  criteriaHash: string;
}

@ObjectType('SavedCohort', { description: 'A cohort that a research center gave a name, as of one of its versions.' })
export class SavedCohortType {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => String, { description: 'As its owner calls it now.' })
  name: string;

  @Field(() => ID, { description: 'The party that owns it: nobody else changes it.' })
  owner: string;

  @Field(() => Boolean, { description: 'Whether it is yours.' })
  own: boolean;

  @Field(() => Boolean, { description: 'Whether research centers that belong together with its owner read it too.' })
  shared: boolean;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Since when it is put away; null while in use.' })
  archivedAt: Date | null;

  @Field(() => CohortVersionRefType, {
    nullable: true,
    description: 'The version that it was forked from, which you may read or not; null where it was written anew.',
  })
  forkedFrom: CohortVersionRefType | null;

  @Field(() => Int, { description: 'The version that the following fields are of.' })
  version: number;

  @Field(() => GraphQLISODateTime, { description: 'When this version was saved.' })
  savedAt: Date;

  @Field(() => String, { description: 'Canonical JSON (RFC 8785) of the criteria of this version.' })
  criteria: string;

  @Field(() => [String], { description: 'The criteria as sentences.' })
  sentences: string[];

  @Field(() => String, { description: 'SHA-256 of `criteria`, lower-case hexadecimal.' })
  criteriaHash: string;

  @Field(() => [ListedCohortVersionType], {
    description: `All of its versions, the newest first, ${COHORT_VERSIONS_MAX} at most.`,
  })
  versions: ListedCohortVersionType[];
}

@ObjectType({ description: 'Saved cohorts in their newest versions, the youngest cohort first.' })
export class SavedCohortConnection extends ConnectionOf(SavedCohortType, 'SavedCohort') {}

/** A saved cohort as whoever reads it sees it. */
export function toSavedCohortType(cohort: SavedCohort, reader: CohortReader): SavedCohortType {
  const { name, shared, archivedAt, version, savedAt, criteria, criteriaHash, versions } = cohort;
  return {
    id: toGlobalId('Cohort', cohort.cohortId),
    name,
    owner: toGlobalId('Party', cohort.ownerId),
    own: cohort.ownerId === reader.partyId,
    shared,
    archivedAt,
    forkedFrom: cohort.forkedFrom && toCohortVersionRef(cohort.forkedFrom),
    version,
    savedAt,
    criteria: canonicalJson(criteria),
    sentences: criteriaInWords(criteria),
    criteriaHash,
    versions: versions.map(({ version, savedAt, criteriaHash }) => ({ version, savedAt, criteriaHash })),
  };
}
