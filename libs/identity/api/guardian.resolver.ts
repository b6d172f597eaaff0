import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, EdgeError, PageArgs, pageOf, toConnection, type Actor } from '@aceso/platform/graphql';
import { GuardianService } from '../guardian.service';
import { GuardianChangeType, GuardianshipConnection, toGuardianshipType } from './guardian.type';
import { STATEMENT } from './statement.argument';

/** Who acts for whom. */
@Resolver()
export class GuardianResolver {
  constructor(
    private readonly database: Database,
    private readonly guardians: GuardianService,
  ) {}

  @Access('provider', 'officer')
  @Mutation(() => GuardianChangeType, {
    description:
      'Appoints a guardian for the patient of a source record; all but a parent that a provider appoints waits for an officer.',
  })
  async appointGuardian(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<GuardianChangeType> {
    return this.database.transaction('api', (tx) => this.guardians.appoint(tx, actor, statement));
  }

  @Access('patient')
  @Mutation(() => GuardianChangeType, {
    description: 'Names a proxy, who acts for the acting patient until an end; for whoever is of age.',
  })
  async appointProxy(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<GuardianChangeType> {
    return this.database.transaction('api', (tx) => this.guardians.appointProxy(tx, actor, statement));
  }

  @Access('officer')
  @Mutation(() => GuardianChangeType, {
    description: 'An officer confirms what another one, or a provider, appointed.',
  })
  async confirmGuardian(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<GuardianChangeType> {
    return this.database.transaction('api', (tx) => this.guardians.confirm(tx, actor, statement));
  }

  @Access('patient', 'provider', 'officer')
  @Mutation(() => GuardianChangeType, {
    description: 'Ends an appointment at once: by whoever made it, the guardian, an officer, or the ward of a proxy.',
  })
  async endGuardian(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<GuardianChangeType> {
    return this.database.transaction('api', (tx) => this.guardians.end(tx, actor, statement));
  }

  @Access('patient')
  @Query(() => GuardianshipConnection, {
    description: 'Who acts for the acting patient, and for whom it acts, newest first.',
  })
  async myGuardianships(@CurrentParty() { partyId }: Actor, @Args() args: PageArgs): Promise<GuardianshipConnection> {
    const page = pageOf(args);
    const after = page.after && digestOf(page.after);
    const rows = await this.database.transaction('api', (tx) =>
      this.guardians.list(tx, partyId, { limit: page.limit + 1, after }),
    );
    return toConnection(rows, page, { cursorOf: ({ appointment }) => [appointment], toNode: toGuardianshipType });
  }
}

/** The digest in a cursor. */
function digestOf([digest = '']: readonly string[]): string {
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new EdgeError('PAGE_INVALID', 'after is no cursor of this list');
}
