import type { Money } from '@aceso/kernel';
import { Field, ObjectType } from '@nestjs/graphql';

@ObjectType('Money', { description: 'An amount in whole minor units of one currency.' })
export class MoneyType {
  @Field(() => String, {
    description: 'Whole minor units (cents) as a decimal number; a string, as it may exceed 2^53.',
  })
  amountMinor: string;

  @Field(() => String, { description: 'ISO 4217 code.' })
  currency: string;
}

/** Money as clients see it. */
export function toMoneyType({ amountMinor, currency }: Money): MoneyType {
  return { amountMinor: amountMinor.toString(), currency };
}
