import { Field, Int, ObjectType, Parent, registerEnumType, ResolveField, Resolver } from '@nestjs/graphql';
import { FeasibilityType } from '@aceso/marketplace/api';
import { Access } from '@aceso/platform/graphql';
import { DeliveryEstimates } from '../delivery-estimates';
import { estimatedSeconds, RATE_ORDERS_MIN, toldOrders } from '../domain/delivery-estimate';

type Unknown = 'TOTAL_NOT_SHOWN' | 'NOT_MEASURED';
const UNKNOWNS: Record<Unknown, Unknown> = { TOTAL_NOT_SHOWN: 'TOTAL_NOT_SHOWN', NOT_MEASURED: 'NOT_MEASURED' };
registerEnumType(UNKNOWNS, {
  name: 'DeliveryUnknown',
  description: 'Why there is no estimate.',
  valuesMap: {
    TOTAL_NOT_SHOWN: { description: 'The number of persons is not shown.' },
    NOT_MEASURED: { description: `This instance has made packages of fewer than ${RATE_ORDERS_MIN} orders.` },
  },
});

@ObjectType('DeliveryEstimate', {
  description:
    'How long extraction may take, by the median of earlier orders of anybody: from its start until the package is ready, without ' +
    'the days in which patients answer. Rounded up to one digit.',
})
export class DeliveryEstimateType {
  @Field(() => Int, { nullable: true, description: 'Seconds if `expectation.least` agree; null where that is.' })
  leastSeconds: number | null;

  @Field(() => Int, { nullable: true, description: 'Seconds if all agree.' })
  mostSeconds: number | null;

  @Field(() => Int, { description: 'Orders that the rate is made of, rounded down to a multiple of 5.' })
  orders: number;

  @Field(() => UNKNOWNS, { nullable: true, description: 'Why there is no estimate; null where there is one.' })
  unknown: Unknown | null;
}

const NO_ESTIMATE = { leastSeconds: null, mostSeconds: null, orders: 0 };

/** What extraction adds to a preview. */
@Access('researcher')
@Resolver(() => FeasibilityType)
export class FeasibilityFieldsResolver {
  constructor(private readonly estimates: DeliveryEstimates) {}

  @ResolveField('delivery', () => DeliveryEstimateType, { description: 'How long extraction may take.' })
  async delivery(@Parent() { expectation: { least, most } }: FeasibilityType): Promise<DeliveryEstimateType> {
    if (most === null) return { ...NO_ESTIMATE, unknown: 'TOTAL_NOT_SHOWN' };
    const rate = await this.estimates.rate();
    if (!rate) return { ...NO_ESTIMATE, unknown: 'NOT_MEASURED' };
    const seconds = (persons: number | null) => (persons === null ? null : estimatedSeconds(persons, rate));
    return { leastSeconds: seconds(least), mostSeconds: seconds(most), orders: toldOrders(rate), unknown: null };
  }
}
