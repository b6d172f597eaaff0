import {
  Args,
  Field,
  Float,
  ID,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query,
  registerEnumType,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { STATEMENT, WARD, wardWish } from '@aceso/identity/api';
import { WardAccess } from '@aceso/identity';
import { OrderType } from '@aceso/marketplace/api';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, fromGlobalId, toGlobalId, type Actor } from '@aceso/platform/graphql';
import { ACKNOWLEDGEMENT_DAYS, type DepartureState, type ListState } from '../domain/withdrawal';
import { DEPARTURES_SHOWN_MAX, WithdrawalLists, type ShownDeparture, type ShownList } from '../withdrawal-lists';

const ListStates: Record<Uppercase<ListState>, ListState> = {
  OPEN: 'open',
  ACKNOWLEDGED: 'acknowledged',
  OVERDUE: 'overdue',
};
registerEnumType(ListStates, {
  name: 'WithdrawalListState',
  description: 'How a withdrawal list stands.',
  valuesMap: {
    OPEN: { description: 'It waits for the acknowledgement of the research center.' },
    ACKNOWLEDGED: { description: 'The research center signed that it deleted what the list names.' },
    OVERDUE: { description: `It was not acknowledged within ${ACKNOWLEDGEMENT_DAYS} days.` },
  },
});

const DepartureStates = {
  WITH_BUYER: 'with-buyer',
  WAITING: 'waiting',
  OPEN: 'open',
  ACKNOWLEDGED: 'acknowledged',
  OVERDUE: 'overdue',
  RECALL_ENDED: 'recall-ended',
} as const satisfies Record<string, DepartureState>;
registerEnumType(DepartureStates, {
  name: 'DepartureState',
  description: "What became of a patient's rows in a package that was fetched.",
  valuesMap: {
    WITH_BUYER: { description: 'The research center has them; the patient did not withdraw.' },
    WAITING: { description: 'The patient withdrew; the next list with enough persons names the rows.' },
    OPEN: { description: 'A list that names them can be fetched and waits for its acknowledgement.' },
    ACKNOWLEDGED: { description: 'The research center signed that it deleted them.' },
    OVERDUE: { description: 'The research center did not acknowledge the list in time.' },
    RECALL_ENDED: { description: 'The permit ended: nobody can say any more which rows those are.' },
  },
});

@ObjectType('WithdrawalList', {
  description:
    'Persons, and single rows that providers took back, which a research center has to delete from a package.',
})
export class WithdrawalListType {
  @Field(() => Int, { description: '1, and one more with each list of the order.' })
  number: number;

  @Field({ description: 'Name to save it under.' })
  fileName: string;

  @Field(() => Float, { description: 'Bytes of the encrypted file.' })
  bytes: number;

  @Field({ description: 'SHA-256 of the encrypted file, lower-case hexadecimal.' })
  sha256: string;

  @Field({ description: 'Path to download it from, with the token of the research center.' })
  downloadUrl: string;

  @Field({ description: 'When it could first be fetched.' })
  readyAt: Date;

  @Field(() => Date, { nullable: true, description: 'When it was acknowledged.' })
  acknowledgedAt: Date | null;

  @Field(() => ListStates, { description: 'How it stands.' })
  state: ListState;
}

@ObjectType('Departure', { description: 'What left of the acting patient with one order.' })
export class DepartureType {
  @Field(() => ID, { description: 'Opaque id of the order.' })
  order: string;

  @Field({ description: 'When the research center first fetched the package.' })
  leftAt: Date;

  @Field(() => DepartureStates, { description: 'What became of the rows.' })
  state: DepartureState;

  @Field(() => Date, { nullable: true, description: 'When the list that names the rows could first be fetched.' })
  listSentAt: Date | null;

  @Field(() => Date, { nullable: true, description: 'When the research center acknowledged that list.' })
  acknowledgedAt: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'YYYY-MM-DD: on this day the permit ends, and the recall with it.',
  })
  recallEnds: string | null;
}

@Resolver(() => OrderType)
export class WithdrawalResolver {
  constructor(
    private readonly database: Database,
    private readonly lists: WithdrawalLists,
    private readonly wards: WardAccess,
  ) {}

  @Access('researcher')
  @ResolveField('withdrawalLists', () => [WithdrawalListType], {
    description: 'Lists of who withdrew, and of what was taken back, after the package was fetched, by number.',
  })
  async withdrawalLists(
    @CurrentParty() { partyId }: Actor,
    @Parent() { id }: OrderType,
  ): Promise<WithdrawalListType[]> {
    return (await this.lists.ofOrder(partyId, fromGlobalId('Order', id))).map(toListType);
  }

  @Access('researcher')
  @Mutation(() => WithdrawalListType, {
    description: 'Records that the research center deleted what a withdrawal list names.',
  })
  async acknowledgeWithdrawals(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<WithdrawalListType> {
    return toListType(await this.database.transaction('api', (tx) => this.lists.acknowledge(tx, actor, statement)));
  }

  @Access('patient')
  @Query(() => [DepartureType], {
    description: `What left of the acting patient, or of its ward, in packages that were fetched, newest first, at most ${DEPARTURES_SHOWN_MAX}.`,
  })
  async myDepartures(@CurrentParty() actor: Actor, @Args('ward', WARD) ward?: string | null): Promise<DepartureType[]> {
    const wish = wardWish(ward, { scope: 'research', looksAt: 'departures' });
    const own = await this.wards.run(actor, wish, (tx) => this.lists.departures(tx));
    return own.map(toDepartureType);
  }
}

function toListType({ orderId, ...list }: ShownList): WithdrawalListType {
  return { ...list, downloadUrl: `/orders/${toGlobalId('Order', orderId)}/withdrawals/${list.number}` };
}

function toDepartureType({ orderId, sentAt, ...departure }: ShownDeparture): DepartureType {
  const { leftAt, state, acknowledgedAt, recallEnds } = departure;
  return { order: toGlobalId('Order', orderId), leftAt, state, listSentAt: sentAt, acknowledgedAt, recallEnds };
}
