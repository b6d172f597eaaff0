import { Args, Query, Resolver } from '@nestjs/graphql';
import { assert } from '@aceso/kernel';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { CohortService } from '../cohort.service';
import { parseCriteria } from '../domain';
import { DisclosedCountType, toDisclosedCountType } from './cohort-count.type';
import { EligibilityType, toEligibilityType } from './eligibility.type';

@Resolver()
export class CohortResolver {
  constructor(private readonly cohorts: CohortService) {}

  @Access('researcher')
  @Query(() => DisclosedCountType, {
    description: 'How many living adults who permit to be found match all criteria. Every question is logged.',
  })
  async cohortCount(
    @CurrentParty() actor: Actor,
    @Args('criteria', {
      type: () => String,
      description: 'JSON: {"version":1,"all":[rule, ...]}; rules are age, sex, condition, medication, observation.',
    })
    criteria: string,
  ): Promise<DisclosedCountType> {
    return toDisclosedCountType(await this.cohorts.count(actor, parseCriteria(criteria)));
  }

  @Access('patient')
  @Query(() => EligibilityType, { description: 'Whether research centers can find and ask the acting patient.' })
  async myEligibility(@CurrentParty() { personId }: Actor): Promise<EligibilityType> {
    assert(personId, 'a patient is a person');
    return toEligibilityType(await this.cohorts.eligibility(personId));
  }
}
