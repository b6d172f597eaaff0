import { Args, Field, ID, Mutation, ObjectType, Resolver } from '@nestjs/graphql';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, toGlobalId, type Actor } from '@aceso/platform/graphql';
import { MembershipService } from '../membership.service';
import { STATEMENT } from './statement.argument';

@ObjectType('Membership', { description: 'Whether a physician acts for a provider.' })
export class MembershipType {
  @Field(() => ID, { description: 'Id of the physician.' })
  physician: string;

  @Field(() => Boolean, { description: 'True from now on; false when it has ended.' })
  member: boolean;
}

/** What providers say of physicians. */
@Access('provider')
@Resolver()
export class MembershipResolver {
  constructor(
    private readonly database: Database,
    private readonly memberships: MembershipService,
  ) {}

  @Mutation(() => MembershipType, {
    description: 'Says by a statement that a physician acts for the acting provider, or no longer does.',
  })
  async attestMembership(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<MembershipType> {
    const { physician, member } = await this.database.transaction('api', (tx) =>
      this.memberships.attest(tx, actor, statement),
    );
    return { physician: toGlobalId('Party', physician), member };
  }
}
