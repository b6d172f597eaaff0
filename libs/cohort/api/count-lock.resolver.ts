import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, fromGlobalId, type Actor } from '@aceso/platform/graphql';
import { CountLocks } from '../count-locks';
import { CountLockType, toCountLockType } from './count-lock.type';

/** Lock-outs of whoever asked too closely: officers see and release them. */
@Resolver()
export class CountLockResolver {
  constructor(
    private readonly database: Database,
    private readonly locks: CountLocks,
  ) {}

  @Access('officer')
  @Query(() => [CountLockType], {
    description: 'Research centers that are locked out of counts, the oldest first, 100 at most.',
  })
  async countLocks(@CurrentParty() actor: Actor): Promise<CountLockType[]> {
    const open = await this.database.transaction('api', (tx) => this.locks.open(tx, actor));
    return open.map(toCountLockType);
  }

  @Access('officer')
  @Mutation(() => Boolean, {
    description:
      'Lets a research center and its affiliates ask for numbers again. What they were shown goes on counting against new questions.',
  })
  async releaseCountLock(
    @CurrentParty() actor: Actor,
    @Args('id', { type: () => ID, description: 'Of `countLocks`.' }) id: string,
    @Args('reason', { type: () => String, description: 'Why, in 10 to 500 characters; no personal data.' })
    reason: string,
  ): Promise<boolean> {
    const lockId: string = fromGlobalId('CountLock', id);
    await this.database.transaction('api', (tx) => this.locks.release(tx, actor, { lockId, reason }));
    return true;
  }
}
