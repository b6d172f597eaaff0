import { Args, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Database } from '@aceso/platform';
import {
  afterId,
  Access,
  CurrentParty,
  fromGlobalId,
  PageArgs,
  pageOf,
  toConnection,
  toMoneyType,
  type Actor,
} from '@aceso/platform/graphql';
import { SettlementService } from '@aceso/settlement';
import { OrderService } from '../order.service';
import { OrderConnection, OrderSettlementType, OrderType, toOrderType } from './order.type';

@Access('researcher')
@Resolver(() => OrderType)
export class OrderResolver {
  constructor(
    private readonly database: Database,
    private readonly orders: OrderService,
    private readonly settlement: SettlementService,
  ) {}

  @Query(() => OrderType, { description: 'An order of the acting research center.' })
  async order(
    @CurrentParty() { partyId }: Actor,
    @Args('id', { type: () => ID, description: 'Id of the order.' }) id: string,
  ): Promise<OrderType> {
    const orderId = fromGlobalId('Order', id);
    return toOrderType(await this.database.transaction('api', (tx) => this.orders.readOwn(tx, partyId, orderId)));
  }

  @Query(() => OrderConnection, { description: 'Orders of the acting research center, newest first.' })
  async myOrders(@CurrentParty() { partyId }: Actor, @Args() args: PageArgs): Promise<OrderConnection> {
    const page = pageOf(args);
    const rows = await this.database.transaction('api', (tx) =>
      this.orders.listOwn(tx, { buyerId: partyId, after: afterId(page), limit: page.limit + 1 }),
    );
    return toConnection(rows, page, { cursorOf: ({ orderId }) => [orderId], toNode: toOrderType });
  }

  @ResolveField('settlement', () => OrderSettlementType, {
    nullable: true,
    description: 'What became of the escrow; null while it is held.',
  })
  async settlementOf(@Parent() { id }: OrderType): Promise<OrderSettlementType | null> {
    const orderId = fromGlobalId('Order', id);
    const totals = await this.database.transaction('api', (tx) => this.settlement.totals(tx, orderId));
    if (!totals) return null;
    const money = (amountMinor: bigint) => toMoneyType({ amountMinor, currency: totals.currency });
    return {
      patients: money(totals.patients),
      providers: money(totals.providers),
      platform: money(totals.platform),
      refunded: money(totals.refunded),
    };
  }
}
