import { Args, Int, Query, Resolver } from '@nestjs/graphql';
import { WardAccess } from '@aceso/identity';
import { WARD, wardWish } from '@aceso/identity/api';
import { assert } from '@aceso/kernel';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { CohortCounts } from '../cohort-counts';
import { CohortService } from '../cohort.service';
import { criteriaInWords, parseCriteria, parseInOrder } from '../domain';
import { NoisyCounts } from '../noisy-counts';
import { DisclosedCountType, toDisclosedCountType } from './cohort-count.type';
import { CohortFunnelStepType, CohortProfileType, toFunnelType, toProfileType } from './cohort-tables.type';
import { NoisyCountType, toNoisyCountType } from './noisy-count.type';
import { EligibilityType, toEligibilityType } from './eligibility.type';

@Resolver()
export class CohortResolver {
  constructor(
    private readonly counts: CohortCounts,
    private readonly cohorts: CohortService,
    private readonly noisyCounts: NoisyCounts,
    private readonly wards: WardAccess,
  ) {}

  @Access('researcher')
  @Query(() => DisclosedCountType, {
    description:
      'How many living adults who permit to be found match all criteria. Every question is logged, and judged beside all ' +
      'that the research center and its affiliates were shown in the last 30 days.',
  })
  async cohortCount(
    @CurrentParty() actor: Actor,
    @Args('criteria', {
      type: () => String,
      description:
        'JSON: {"version":1,"entry":{"first":[event, ...]},"all":[rule, ...]}; docs/reference/request-content.md.',
    })
    criteria: string,
  ): Promise<DisclosedCountType> {
    return toDisclosedCountType(await this.counts.count(actor, parseCriteria(criteria)));
  }

  @Access('researcher')
  @Query(() => [CohortFunnelStepType], {
    description:
      'How many are found, then how many are left after each rule, in the order in which you wrote them. Each step is a number ' +
      'of the daily limit.',
  })
  async cohortFunnel(
    @CurrentParty() actor: Actor,
    @Args('criteria', { type: () => String, description: 'JSON, as of `cohortCount`.' }) criteria: string,
  ): Promise<CohortFunnelStepType[]> {
    const asked = parseInOrder(criteria);
    return toFunnelType(asked, await this.counts.funnel(actor, asked));
  }

  @Access('researcher')
  @Query(() => CohortProfileType, {
    description:
      'A cohort by age, sex, and year of entry or decade of birth. The total and each cell are numbers of the daily limit.',
  })
  async cohortProfile(
    @CurrentParty() actor: Actor,
    @Args('criteria', { type: () => String, description: 'JSON, as of `cohortCount`.' }) criteria: string,
  ): Promise<CohortProfileType> {
    return toProfileType(await this.counts.profile(actor, parseCriteria(criteria)));
  }

  @Access('researcher')
  @Query(() => [String], { description: 'The criteria as sentences: the entry if there is one, then each rule.' })
  criteriaInWords(
    @Args('criteria', { type: () => String, description: 'JSON, as of `cohortCount`.' }) criteria: string,
  ): string[] {
    return criteriaInWords(parseCriteria(criteria));
  }

  @Access('researcher')
  @Query(() => NoisyCountType, {
    description:
      'The same count under differential privacy: not rounded, with noise, and paid for from a budget that the ' +
      'research center shares with its affiliates. The same question on the same record date is charged once.',
  })
  async noisyCount(
    @CurrentParty() actor: Actor,
    @Args('criteria', { type: () => String, description: 'JSON, as of `cohortCount`.' }) criteria: string,
    @Args('epsilonMilli', {
      type: () => Int,
      description: 'Thousandths of epsilon, 1 to 1000: the more, the less noise and the more of the budget it costs.',
    })
    epsilonMilli: number,
  ): Promise<NoisyCountType> {
    const count = await this.noisyCounts.count(actor, { criteria: parseCriteria(criteria), epsilonMilli });
    const budget = await this.noisyCounts.budget(actor);
    assert(budget, 'whoever asked has a budget');
    return toNoisyCountType(count, budget);
  }

  @Access('patient')
  @Query(() => EligibilityType, {
    description: 'Whether research centers can find and ask the acting patient, or its ward.',
  })
  async myEligibility(
    @CurrentParty() actor: Actor,
    @Args('ward', WARD) ward?: string | null,
  ): Promise<EligibilityType> {
    const wish = wardWish(ward, { scope: 'research', looksAt: 'eligibility' });
    const { personId } = await this.wards.run(actor, wish, async (_, acting) => acting);
    return toEligibilityType(await this.cohorts.eligibility(personId));
  }
}
