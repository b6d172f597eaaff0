import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { STATEMENT } from '@aceso/identity/api';
import { ERASURES_SHOWN_MAX, ErasureService } from '../erasure.service';
import { ErasureType, toErasureType } from './erasure.type';

@Resolver()
export class ErasureResolver {
  constructor(
    private readonly database: Database,
    private readonly erasures: ErasureService,
  ) {}

  @Access('patient')
  @Mutation(() => ErasureType, {
    description: 'Erases one source record of the acting patient, or everything. It cannot be undone.',
  })
  async eraseMyRecord(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<ErasureType> {
    const erasure = await this.database.transaction('api', (tx) => this.erasures.erase(tx, actor, statement));
    return toErasureType(erasure, null, this.erasures.latencyDays);
  }

  @Access('patient')
  @Query(() => [ErasureType], {
    description: `What the acting patient erased, newest first, at most ${ERASURES_SHOWN_MAX}, with receipts.`,
  })
  async myErasures(@CurrentParty() actor: Actor): Promise<ErasureType[]> {
    const own = await this.erasures.own(actor);
    return own.map(({ erasure, receipt }) => toErasureType(erasure, receipt, this.erasures.latencyDays));
  }
}
