import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, EdgeError, PageArgs, pageOf, toConnection, type Actor } from '@aceso/platform/graphql';
import { RecoveryService } from '../recovery.service';
import {
  KeyNoticeConnection,
  RecoveryAttestationType,
  RecoveryType,
  RecoveryVetoType,
  toNoticeType,
  toRecoveryType,
} from './recovery.type';
import { STATEMENT } from './statement.argument';

/** From a lost key to a new one. */
@Resolver()
export class RecoveryResolver {
  constructor(
    private readonly database: Database,
    private readonly recoveries: RecoveryService,
  ) {}

  @Access('provider', 'officer')
  @Mutation(() => RecoveryAttestationType, {
    description: 'Attests that a new key belongs to the patient of a source record, whom the acting party identified.',
  })
  async attestRecovery(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<RecoveryAttestationType> {
    return this.database.transaction('api', (tx) => this.recoveries.attest(tx, actor, statement));
  }

  @Access('public')
  @Mutation(() => RecoveryType, {
    description: 'Asks for a key of the attested person, signed by the new key. Again, it tells how that stands.',
  })
  async requestRecovery(@Args('statement', STATEMENT) statement: string): Promise<RecoveryType> {
    return toRecoveryType(await this.database.transaction('api', (tx) => this.recoveries.request(tx, statement)));
  }

  @Access('public')
  @Mutation(() => RecoveryType, {
    description: 'Makes the new key a key of the person after the waiting period; the same statement is sent again.',
  })
  async finishRecovery(@Args('statement', STATEMENT) statement: string): Promise<RecoveryType> {
    return toRecoveryType(await this.database.transaction('api', (tx) => this.recoveries.finish(tx, statement)));
  }

  @Access('patient')
  @Mutation(() => RecoveryVetoType, { description: 'Ends a recovery for good, by a key that the acting patient has.' })
  async vetoRecovery(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<RecoveryVetoType> {
    return this.database.transaction('api', (tx) => this.recoveries.veto(tx, actor, statement));
  }

  @Access('patient')
  @Query(() => KeyNoticeConnection, {
    description: 'What every device of the acting patient has to show, newest first.',
  })
  async myNotices(@CurrentParty() { partyId }: Actor, @Args() args: PageArgs): Promise<KeyNoticeConnection> {
    const page = pageOf(args);
    const before = page.after && numberOf(page.after);
    const rows = await this.database.transaction('api', (tx) =>
      this.recoveries.notices(tx, partyId, { limit: page.limit + 1, before }),
    );
    return toConnection(rows, page, { cursorOf: ({ number }) => [number], toNode: toNoticeType });
  }
}

/** The number in a cursor. */
function numberOf([number = '']: readonly string[]): string {
  if (/^[1-9][0-9]{0,17}$/.test(number)) return number;
  throw new EdgeError('PAGE_INVALID', 'after is no cursor of this list');
}
