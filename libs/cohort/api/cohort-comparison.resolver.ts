import { Args, Query, Resolver } from '@nestjs/graphql';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { CohortComparison } from '../cohort-comparison';
import {
  CohortComparisonType,
  CriteriaComparisonType,
  toCohortComparisonType,
  toCriteriaComparisonType,
} from './cohort-comparison.type';
import { CohortVersionInput, fromCohortVersionInput } from './cohort-version.input';

const A = { description: 'The first cohort.' };
const B = { description: 'The second one.' };

@Resolver()
export class CohortComparisonResolver {
  constructor(private readonly comparison: CohortComparison) {}

  @Access('researcher')
  @Query(() => CohortComparisonType, {
    description:
      'How many persons two saved cohorts have in common and apart. Five numbers of the daily limit, each judged like a count; ' +
      'the order of the two makes no difference.',
  })
  async compareCohorts(
    @CurrentParty() actor: Actor,
    @Args('a', A) a: CohortVersionInput,
    @Args('b', B) b: CohortVersionInput,
  ): Promise<CohortComparisonType> {
    const pair = [fromCohortVersionInput(a), fromCohortVersionInput(b)] as const;
    return toCohortComparisonType(await this.comparison.numbers(actor, pair));
  }

  @Access('researcher')
  @Query(() => CriteriaComparisonType, {
    description:
      'Which sentences of their criteria two saved cohorts have in common and apart. It counts nobody and costs nothing.',
  })
  async compareCriteria(
    @CurrentParty() actor: Actor,
    @Args('a', A) a: CohortVersionInput,
    @Args('b', B) b: CohortVersionInput,
  ): Promise<CriteriaComparisonType> {
    const pair = [fromCohortVersionInput(a), fromCohortVersionInput(b)] as const;
    return toCriteriaComparisonType(await this.comparison.words(actor, pair));
  }
}
