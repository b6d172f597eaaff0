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
import { PayoutService } from '../payout.service';
import { ExecutedPayoutType, PayoutConnection, toExecutedPayoutType, toPayoutType } from './payout.type';

/** What compliance officers do with payouts. */
@Access('officer')
@Resolver()
export class PayoutResolver {
  constructor(
    private readonly database: Database,
    private readonly payouts: PayoutService,
  ) {}

  @Query(() => PayoutConnection, { description: 'Payouts that wait to be executed, longest waiting first.' })
  async openPayouts(@CurrentParty() officer: Actor, @Args() args: PageArgs): Promise<PayoutConnection> {
    const page = pageOf(args);
    const rows = await this.database.transaction('api', (tx) =>
      this.payouts.listOpen(tx, officer, { after: afterId(page), limit: page.limit + 1 }),
    );
    return toConnection(rows, page, { cursorOf: ({ payoutId }) => [payoutId], toNode: toPayoutType });
  }

  @Mutation(() => ExecutedPayoutType, {
    description:
      'Marks a payout executed and answers with the bank details it goes to, which its payee sees among its access events. ' +
      'The same officer may ask again; another is refused.',
  })
  async executePayout(
    @CurrentParty() officer: Actor,
    @Args('id', { type: () => ID, description: 'Id of the payout.' }) id: string,
  ): Promise<ExecutedPayoutType> {
    return toExecutedPayoutType(await this.payouts.execute(officer, fromGlobalId('Payout', id)));
  }
}
