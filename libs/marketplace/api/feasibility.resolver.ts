import { Args, Query, Resolver } from '@nestjs/graphql';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { TERMS_CELLS } from '../domain';
import { FeasibilityService } from '../feasibility.service';
import { FeasibilityInput, toFeasibilityDraft } from './feasibility.input';
import { FeasibilityType, toFeasibilityType } from './feasibility.type';

@Resolver()
export class FeasibilityResolver {
  constructor(private readonly service: FeasibilityService) {}

  @Access('researcher')
  @Query(() => FeasibilityType, {
    description:
      'How many of a cohort would say yes at which price by their standing terms, and what that would cost. Nobody is asked and ' +
      `nothing is sent. The total and each cell are numbers of the daily limit, ${TERMS_CELLS.length + 1} together.`,
  })
  async feasibility(
    @CurrentParty() actor: Actor,
    @Args('draft', { type: () => FeasibilityInput, description: 'The request as it would be sent.' })
    draft: FeasibilityInput,
  ): Promise<FeasibilityType> {
    return toFeasibilityType(await this.service.preview(actor, toFeasibilityDraft(draft)));
  }
}
