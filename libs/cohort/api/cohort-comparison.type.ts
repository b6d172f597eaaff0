import { Field, ObjectType } from '@nestjs/graphql';
import type { AnsweredCount } from '../domain';
import type { Compared, ComparedWords } from '../domain/comparing';
import { DisclosedCountType, toDisclosedCountType } from './cohort-count.type';

@ObjectType('CohortComparison', {
  description:
    'How many persons two cohorts have in common and apart. The three parts are shown together or not at all: with the totals each ' +
    'of them would tell the others.',
})
export class CohortComparisonType {
  @Field(() => DisclosedCountType, { description: 'Persons of the first cohort: the answer of `cohortCount`.' })
  a: DisclosedCountType;

  @Field(() => DisclosedCountType, { description: 'Persons of the second one.' })
  b: DisclosedCountType;

  @Field(() => DisclosedCountType, { description: 'Persons of both.' })
  both: DisclosedCountType;

  @Field(() => DisclosedCountType, { description: 'Persons of the first one only.' })
  onlyA: DisclosedCountType;

  @Field(() => DisclosedCountType, { description: 'Persons of the second one only.' })
  onlyB: DisclosedCountType;
}

@ObjectType('CriteriaComparison', { description: 'Sentences of two criteria, those of both and those of one of them.' })
export class CriteriaComparisonType {
  @Field(() => [String], { description: 'What only the first ones say.' })
  onlyA: readonly string[];

  @Field(() => [String], { description: 'What only the second ones say.' })
  onlyB: readonly string[];

  @Field(() => [String], { description: 'What both say.' })
  both: readonly string[];
}

/** A comparison as clients see it. */
export function toCohortComparisonType({ a, b, both, onlyA, onlyB }: Compared<AnsweredCount>): CohortComparisonType {
  const shown = toDisclosedCountType;
  return { a: shown(a), b: shown(b), both: shown(both), onlyA: shown(onlyA), onlyB: shown(onlyB) };
}

/** Sentences as clients see them. */
export function toCriteriaComparisonType({ onlyA, onlyB, both }: ComparedWords): CriteriaComparisonType {
  return { onlyA, onlyB, both };
}
