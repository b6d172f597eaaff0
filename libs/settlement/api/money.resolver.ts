import { Inject } from '@nestjs/common';
import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { WardAccess } from '@aceso/identity';
import { WARD, wardWish } from '@aceso/identity/api';
import { CONFIG, Database, type Config } from '@aceso/platform';
import { Access, CurrentParty, fromGlobalId, MoneyType, toMoneyType, type Actor } from '@aceso/platform/graphql';
import { ActOnce } from '../act-once';
import { DepositService } from '../deposit.service';
import { parseMinor } from '../domain';
import { EarningsService } from '../earnings.service';

const KEY = { type: () => String, description: 'Chosen by the caller; the same key and request answer the same.' };
const MINOR = { type: () => String, description: 'Whole minor units (cents), in digits.' };

@Resolver()
export class MoneyResolver {
  constructor(
    private readonly database: Database,
    private readonly acts: ActOnce,
    private readonly deposits: DepositService,
    private readonly earnings: EarningsService,
    private readonly wards: WardAccess,
    @Inject(CONFIG) private readonly config: Pick<Config, 'currency'>,
  ) {}

  @Access('patient', 'provider', 'researcher')
  @Query(() => MoneyType, {
    description:
      'Balance of the acting party, or of the ward of a patient: what a research center deposited and did not spend, what others earned. What a ' +
      'provider earns appears in sums over eleven patients or more.',
  })
  async myBalance(@CurrentParty() actor: Actor, @Args('ward', WARD) ward?: string | null): Promise<MoneyType> {
    const { currency } = this.config;
    const wish = wardWish(ward, { scope: 'research', looksAt: 'balance' });
    if (wish.ward === null)
      return toMoneyType(await this.database.transaction('api', (tx) => this.earnings.balance(tx, actor, currency)));
    return toMoneyType(
      await this.wards.run(actor, wish, (tx, acting) =>
        this.earnings.balance(tx, { ...acting, role: 'patient' }, currency),
      ),
    );
  }

  @Access('patient', 'provider')
  @Mutation(() => MoneyType, { description: 'Pays earned money out to its owner. Returns the balance that is left.' })
  async requestPayout(
    @CurrentParty() actor: Actor,
    @Args('amountMinor', MINOR) amountMinor: string,
    @Args('idempotencyKey', KEY) key: string,
  ): Promise<MoneyType> {
    const { currency } = this.config;
    const amount = { amountMinor: parseMinor(amountMinor), currency };
    return this.acts.run(actor, { act: 'payout.request', key, request: { amountMinor } }, async (tx) => {
      await this.earnings.payOut(tx, actor, { amount, key });
      return toMoneyType(await this.earnings.balance(tx, actor, currency));
    });
  }

  @Access('officer')
  @Mutation(() => MoneyType, {
    description: 'Books a bank deposit for a research center. A bank reference is booked once, whoever repeats it.',
  })
  async recordDeposit(
    @CurrentParty() actor: Actor,
    @Args('buyer', { type: () => ID, description: 'Id or did:key of the research center.' }) buyer: string,
    @Args('amountMinor', MINOR) amountMinor: string,
    @Args('reference', { type: () => String, description: 'Reference of the bank: up to 64 letters, digits, " ./_-".' })
    reference: string,
    @Args('idempotencyKey', KEY) key: string,
  ): Promise<MoneyType> {
    const amount = { amountMinor: parseMinor(amountMinor), currency: this.config.currency };
    const buyerKey = buyer.startsWith('did:key:') ? buyer : fromGlobalId('Party', buyer);
    const request = { buyer: buyerKey, amountMinor, reference };
    return this.acts.run(actor, { act: 'deposit.record', key, request }, async (tx) => {
      await this.deposits.record(tx, actor, { buyer: buyerKey, amount, reference });
      return toMoneyType(amount);
    });
  }
}
