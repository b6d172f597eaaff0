import { Field, GraphQLISODateTime, ID, ObjectType } from '@nestjs/graphql';
import { BankDetailsType, toBankDetailsType } from '@aceso/identity/api';
import { ConnectionOf, MoneyType, toGlobalId, toMoneyType } from '@aceso/platform/graphql';
import type { ExecutedPayout, OpenPayout } from '../payout.service';

@ObjectType('Payout', { description: 'Earned money that its owner asked for and that no officer has transferred yet.' })
export class PayoutType {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => MoneyType, { description: 'What is to be transferred.' })
  amount: MoneyType;

  @Field(() => GraphQLISODateTime, { description: 'When its owner asked for it.' })
  requestedAt: Date;
}

@ObjectType({ description: 'Payouts that wait for an officer, longest waiting first.' })
export class PayoutConnection extends ConnectionOf(PayoutType, 'Payout') {}

@ObjectType('ExecutedPayout', { description: 'A payout in the hands of the officer who transfers it.' })
export class ExecutedPayoutType {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => MoneyType, { description: 'What is to be transferred.' })
  amount: MoneyType;

  @Field(() => BankDetailsType, { description: 'Where it goes. The payee sees that they were read, and by whom.' })
  bankDetails: BankDetailsType;

  @Field(() => GraphQLISODateTime, { description: 'Since when it counts as executed.' })
  executedAt: Date;
}

/** A payout that waits, as an officer sees it. */
export function toPayoutType({ payoutId, amount, requestedAt }: OpenPayout): PayoutType {
  return { id: toGlobalId('Payout', payoutId), amount: toMoneyType(amount), requestedAt };
}

/** An executed payout for the officer who executes it. */
export function toExecutedPayoutType({
  payoutId,
  amount,
  bankDetails,
  executedAt,
}: ExecutedPayout): ExecutedPayoutType {
  return {
    id: toGlobalId('Payout', payoutId),
    amount: toMoneyType(amount),
    bankDetails: toBankDetailsType(bankDetails),
    executedAt,
  };
}
