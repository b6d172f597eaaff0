import { Args, ID, Mutation, Resolver } from '@nestjs/graphql';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, fromGlobalId, type Actor } from '@aceso/platform/graphql';
import { AffiliationService } from '../affiliation.service';

/** What compliance officers say of parties. */
@Access('officer')
@Resolver()
export class AffiliationResolver {
  constructor(
    private readonly database: Database,
    private readonly affiliations: AffiliationService,
  ) {}

  @Mutation(() => Boolean, {
    description:
      'Declares that two research centers or providers belong together, for good: their packages are judged as one ' +
      "buyer's, and patients of one hide nobody from the other. Said again it changes nothing.",
  })
  async declareAffiliation(
    @CurrentParty() actor: Actor,
    @Args('party', { type: () => ID, description: 'Id of a research center or provider.' }) party: string,
    @Args('with', { type: () => ID, description: 'Id of another one.' }) other: string,
  ): Promise<boolean> {
    const parties = [fromGlobalId('Party', party), fromGlobalId('Party', other)] as const;
    await this.database.transaction('api', (tx) => this.affiliations.declare(tx, actor, parties));
    return true;
  }
}
