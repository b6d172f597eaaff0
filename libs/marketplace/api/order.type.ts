import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ConnectionOf, MoneyType, toGlobalId, toMoneyType } from '@aceso/platform/graphql';
import type { Order } from '../data/order-rows';
import { REFUND_REASONS, refundRemedy, type OrderState, type RefundReason } from '../domain';
import { OrderStates } from './states';

const RefundReasons = Object.fromEntries(REFUND_REASONS.map((reason) => [reason, reason])) as Record<
  RefundReason,
  RefundReason
>;

registerEnumType(RefundReasons, {
  name: 'RefundReason',
  description: 'Why an order ended without data. It says nothing about any person.',
  valuesMap: {
    COHORT_TOO_SMALL: { description: 'Fewer than eleven persons were left.' },
    K_NOT_REACHED: { description: 'No generalisation made every class large enough.' },
    RISK_TOO_HIGH: { description: 'The risk measured on the final files was too high.' },
    GATE_MOVED: { description: 'Permissions kept changing until the end.' },
    RECORD_UNREADABLE: { description: 'A record did not pass its integrity check.' },
    ATTEMPTS_EXHAUSTED: { description: 'Every attempt failed.' },
    CANCELLED_BY_BUYER: { description: 'The research center cancelled before extraction began.' },
    COMPOSITION_TOO_NARROW: {
      description:
        'Together with earlier packages of the research center and its affiliates, no generalisation hides enough.',
    },
    POLICY_RETIRED: {
      description: 'The instance was updated, and no longer has the version of the policy that patients agreed to.',
    },
    BUYER_STOPPED: { description: 'The licence of the research center was revoked, or suspended for 30 days.' },
  },
});

@ObjectType('OrderSettlement', { description: 'What became of the escrow, in sums.' })
export class OrderSettlementType {
  @Field(() => MoneyType, { description: 'To all included patients together.' })
  patients: MoneyType;

  @Field(() => MoneyType, { description: 'To the providers that hold their records.' })
  providers: MoneyType;

  @Field(() => MoneyType, { description: 'To the platform, with all remainders.' })
  platform: MoneyType;

  @Field(() => MoneyType, { description: 'Back to the research center.' })
  refunded: MoneyType;
}

@ObjectType('Order', { description: 'A funded request.' })
export class OrderType {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => ID, { description: 'The request that was funded.' })
  request: string;

  @Field(() => Int, { description: 'Its version.' })
  version: number;

  @Field(() => OrderStates, { description: 'Where it stands.' })
  state: OrderState;

  @Field(() => RefundReasons, { nullable: true, description: 'Why it was refunded; null in every other state.' })
  reason: RefundReason | null;

  @Field(() => String, {
    nullable: true,
    description: 'What would have to change for such an order to be fulfilled; null where nothing has to.',
  })
  whatToChange: string | null;

  @Field(() => Int, { description: 'Most persons that were paid for.' })
  personsMax: number;

  @Field(() => MoneyType, { description: 'Price of one included person.' })
  unit: MoneyType;

  @Field(() => MoneyType, { description: 'What was set aside: the price of all persons paid for.' })
  escrow: MoneyType;

  @Field(() => GraphQLISODateTime, { description: 'When it was funded.' })
  fundedAt: Date;
}

@ObjectType({ description: 'Orders, newest first.' })
export class OrderConnection extends ConnectionOf(OrderType, 'Order') {}

/** An order as its buyer sees it. */
export function toOrderType(order: Order): OrderType {
  const { orderId, requestId, version, state, reason, personsMax, unitMinor, escrow, fundedAt } = order;
  return {
    id: toGlobalId('Order', orderId),
    request: toGlobalId('Request', requestId),
    version,
    state,
    reason,
    whatToChange: refundRemedy(reason),
    personsMax,
    unit: toMoneyType({ amountMinor: unitMinor, currency: escrow.currency }),
    escrow: toMoneyType(escrow),
    fundedAt,
  };
}
