import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, WhileStopped, type Actor } from '@aceso/platform/graphql';
import { KeyService } from '../key.service';
import { KeyChangeType, PartyKeyType, toPartyKeyType } from './key.type';
import { STATEMENT } from './statement.argument';

@Resolver()
export class KeyResolver {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyService,
  ) {}

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
  @Query(() => [PartyKeyType], { description: 'Keys of the acting party, the oldest first; revoked ones included.' })
  async myKeys(@CurrentParty() actor: Actor): Promise<PartyKeyType[]> {
    return (await this.keys.ownKeys(actor)).map(toPartyKeyType);
  }

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
  @Mutation(() => KeyChangeType, { description: 'Adds a key, proven by a statement of its own, to the acting party.' })
  async addKey(@CurrentParty() actor: Actor, @Args('statement', STATEMENT) statement: string): Promise<KeyChangeType> {
    return this.database.transaction('api', (tx) => this.keys.add(tx, actor, statement));
  }

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
  @WhileStopped()
  @Mutation(() => KeyChangeType, {
    description: 'Revokes a key of the acting party. Its sessions end at once; what it signed before stays.',
  })
  async revokeKey(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<KeyChangeType> {
    return this.database.transaction('api', (tx) => this.keys.revoke(tx, actor, statement));
  }
}
