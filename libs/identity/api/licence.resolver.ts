import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Database } from '@aceso/platform';
import {
  Access,
  afterId,
  CurrentParty,
  PageArgs,
  pageOf,
  toConnection,
  WhileStopped,
  type Actor,
} from '@aceso/platform/graphql';
import { LicenceList } from '../licence-list';
import { LicenceService } from '../licence.service';
import {
  LicenceAnswerType,
  LicenceConnection,
  LicenceStateType,
  LicenceType,
  toLicenceAnswerType,
  toLicenceType,
} from './licence.type';
import { STATEMENT } from './statement.argument';

/** Officers move licences, two for most steps; a party sees its own and appeals. */
@Resolver()
export class LicenceResolver {
  constructor(
    private readonly database: Database,
    private readonly licences: LicenceService,
    private readonly list: LicenceList,
  ) {}

  @Access('officer')
  @Mutation(() => LicenceAnswerType, {
    description:
      'Proposes a step of a licence, for another officer to confirm. A suspension takes effect at once and ends by itself ' +
      'after 72 hours unless it is confirmed; for 30 days after one that was not, the next one waits for a second officer.',
  })
  async proposeLicenceStep(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<LicenceAnswerType> {
    const answer = await this.database.transaction('api', (tx) => this.licences.propose(tx, actor, statement));
    return toLicenceAnswerType(answer);
  }

  @Access('officer')
  @Mutation(() => LicenceAnswerType, { description: 'Confirms what another officer proposed, within 72 hours.' })
  async confirmLicenceStep(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<LicenceAnswerType> {
    const answer = await this.database.transaction('api', (tx) => this.licences.confirm(tx, actor, statement));
    return toLicenceAnswerType(answer);
  }

  @Access('officer')
  @Query(() => LicenceConnection, { name: 'licences', description: 'Licences of all parties that have one, by party.' })
  async listed(
    @CurrentParty() actor: Actor,
    @Args() args: PageArgs,
    @Args('state', { type: () => LicenceStateType, nullable: true, description: 'Those in this state only.' })
    state?: LicenceStateType | null,
  ): Promise<LicenceConnection> {
    const page = pageOf(args);
    const wanted = { after: afterId(page), limit: page.limit + 1, state: state ?? null };
    const rows = await this.database.transaction('api', (tx) => this.list.list(tx, actor, wanted));
    return toConnection(rows, page, { cursorOf: ({ partyId }) => [partyId], toNode: toLicenceType });
  }

  @Access('patient', 'researcher', 'provider', 'physician')
  @WhileStopped()
  @Query(() => LicenceType, {
    nullable: true,
    description: "The acting party's licence; null for a patient who was never frozen.",
  })
  async myLicence(@CurrentParty() actor: Actor): Promise<LicenceType | null> {
    const licence = await this.database.transaction('api', (tx) => this.list.own(tx, actor));
    return licence && toLicenceType(licence);
  }

  @Access('patient', 'researcher', 'provider', 'physician')
  @WhileStopped()
  @Mutation(() => LicenceAnswerType, {
    description: 'Asks officers for a second look at a suspension, which holds meanwhile.',
  })
  async appealLicence(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<LicenceAnswerType> {
    const answer = await this.database.transaction('api', (tx) => this.licences.appeal(tx, actor, statement));
    return toLicenceAnswerType(answer);
  }
}
