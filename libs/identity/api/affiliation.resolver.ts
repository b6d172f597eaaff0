import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Database } from '@aceso/platform';
import {
  Access,
  afterId,
  CurrentParty,
  fromGlobalId,
  PageArgs,
  pageOf,
  toConnection,
  type Actor,
} from '@aceso/platform/graphql';
import { AffiliationService } from '../affiliation.service';
import { AffiliationConnection, toAffiliationType } from './affiliation.type';

/** Who belongs together: officers say so, and those it is said of see it. */
@Resolver()
export class AffiliationResolver {
  constructor(
    private readonly database: Database,
    private readonly affiliations: AffiliationService,
  ) {}

  @Access('officer')
  @Mutation(() => Boolean, {
    description:
      'Declares that two research centers or providers belong together: their packages are judged as one ' +
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

  @Access('officer')
  @Mutation(() => Boolean, {
    description:
      'Ends an affiliation. What was released, and who was bound, before the end counts as before: one party may have ' +
      'kept what the other had. Said again it changes nothing.',
  })
  async endAffiliation(
    @CurrentParty() actor: Actor,
    @Args('party', { type: () => ID, description: 'Id of a research center or provider.' }) party: string,
    @Args('with', { type: () => ID, description: 'Id of the one that it belonged together with.' }) other: string,
  ): Promise<boolean> {
    const parties = [fromGlobalId('Party', party), fromGlobalId('Party', other)] as const;
    await this.database.transaction('api', (tx) => this.affiliations.end(tx, actor, parties));
    return true;
  }

  @Access('researcher', 'provider', 'officer')
  @Query(() => AffiliationConnection, {
    name: 'affiliations',
    description: 'Affiliations of the acting research center or provider; of everybody, for a compliance officer.',
  })
  async listed(@CurrentParty() actor: Actor, @Args() args: PageArgs): Promise<AffiliationConnection> {
    const page = pageOf(args);
    const rows = await this.database.transaction('api', (tx) =>
      this.affiliations.list(tx, actor, { after: afterId(page), limit: page.limit + 1 }),
    );
    return toConnection(rows, page, { cursorOf: ({ id }) => [id], toNode: toAffiliationType });
  }
}
