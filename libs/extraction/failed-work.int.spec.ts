import { POLICIES } from '@aceso/deidentification/domain';
import type { FlowJob, FlowQueue, JobRun } from '@aceso/platform/queue';
import { ATTEMPTS_MAX, FLOWS_MAX } from './domain/attempt';
import { ExtractionError } from './extraction.errors';
import { EmitConsumer, PlanConsumer, ReleaseConsumer } from './jobs/extraction.consumers';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

jest.setTimeout(180_000);

const job = (id: string, isLast = true): JobRun => ({ id, attempt: isLast ? 5 : 1, isLast });

describe('work that fails for good', () => {
  let kit: ExtractionKit;
  let persons: Contributor[];
  const flows: FlowJob[] = [];
  const queue = { add: async (flow: FlowJob) => void flows.push(flow) } as unknown as FlowQueue;
  beforeAll(async () => {
    kit = await openExtractionKit();
    persons = await kit.contributors(await kit.market.consent.identity.member('provider'), 12);
  });
  afterAll(() => kit.test.close());
  afterEach(() => jest.restoreAllMocks());

  const plan = (sale: FundedSale, run: JobRun): Promise<void> =>
    new PlanConsumer(kit.test.database, kit.plans, queue, kit.folders, kit.failed).handle(
      { orderId: sale.orderId },
      run,
    );
  const emit = ({ orderId }: FundedSale, attempt: string, run: JobRun): Promise<void> =>
    new EmitConsumer(kit.emission, kit.failed).handle({ order: orderId, attempt, shard: 0 }, run);
  const release = ({ orderId }: FundedSale, attempt: string, run: JobRun): Promise<void> =>
    new ReleaseConsumer(kit.releases, kit.failed).handle({ order: orderId, attempt }, run);
  const attempts = ({ orderId }: FundedSale): Promise<{ id: string; state: string; reason: string | null }[]> =>
    kit.test.ownerQuery(`select id, state, reason from extraction.attempt where order_id = $1 order by number`, [
      orderId,
    ]);
  const failEmission = (error: Error) => jest.spyOn(kit.emission, 'emit').mockRejectedValue(error);
  const refunded = { state: 'refunded', reason: 'ATTEMPTS_EXHAUSTED' };
  const abandoned = { state: 'abandoned', reason: 'WORK_FAILED' };

  it('gives the money back after five attempts whose emission or release fails', async () => {
    const sale = await kit.sale(persons);
    const before = await kit.market.balance(sale.buyer);
    for (let number = 1; number <= ATTEMPTS_MAX; number += 1) {
      await plan(sale, job(`plan-${number}`));
      const { id } = (await attempts(sale)).at(-1)!;
      if (number % 2 === 1) {
        failEmission(new Error('no space left'));
        await expect(emit(sale, id, job('emit', false))).rejects.toThrow('no space left');
        expect((await attempts(sale)).at(-1)).toMatchObject({ state: 'emitting' });
        await expect(emit(sale, id, job('emit'))).rejects.toThrow('no space left');
        jest.restoreAllMocks();
      } else {
        await emit(sale, id, job('emit'));
        jest.spyOn(kit.releases, 'release').mockRejectedValue(new Error('no space left'));
        await expect(release(sale, id, job('release'))).rejects.toThrow('no space left');
        jest.restoreAllMocks();
      }
      expect((await attempts(sale)).at(-1)).toMatchObject(abandoned);
    }
    await plan(sale, job('plan-6'));
    expect(await kit.orderState(sale.orderId)).toEqual(refunded);
    expect(await kit.market.balance(sale.buyer)).toBe(before + 15_000n);
  });

  it('leaves an attempt to the worker that took it over', async () => {
    const sale = await kit.sale(persons);
    await plan(sale, job('plan'));
    const { id } = (await attempts(sale)).at(-1)!;
    failEmission(new ExtractionError('ATTEMPT_OVERTAKEN', 'another worker has it'));
    await expect(emit(sale, id, job('emit'))).rejects.toMatchObject({ code: 'ATTEMPT_OVERTAKEN' });
    expect(await attempts(sale)).toEqual([{ id, state: 'emitting', reason: null }]);
  });

  it('refuses the shards of an attempt that was given up', async () => {
    const sale = await kit.sale(persons);
    await plan(sale, job('plan'));
    const { id } = (await attempts(sale)).at(-1)!;
    const giveUp = kit.failed.orAbandon({ orderId: sale.orderId, attemptId: id, isLast: true }, async () => {
      throw new Error('the other shard');
    });
    await Promise.allSettled([giveUp, emit(sale, id, job('emit', false))]);
    await emit(sale, id, job('emit', false));
    expect(await attempts(sale)).toEqual([{ id, ...abandoned }]);
    expect(await kit.run(sale.orderId)).toBe(1);
  });

  it('does not bring one attempt into the queue for ever', async () => {
    const sale = await kit.sale(persons);
    for (let round = 1; round <= FLOWS_MAX; round += 1) {
      await plan(sale, job(`revived-${round}`));
      if (round < FLOWS_MAX) await plan(sale, job(`revived-${round}`)); // the same job again brings nothing new
    }
    expect(await attempts(sale)).toMatchObject([{ state: 'emitting' }]);
    await plan(sale, job('revived-once-more'));
    expect(await attempts(sale)).toMatchObject([abandoned, { state: 'emitting' }]);
  });

  it('gives the money back when an order cannot even be planned', async () => {
    const sale = await kit.sale(persons);
    const before = await kit.market.balance(sale.buyer);
    jest.spyOn(kit.plans, 'plan').mockRejectedValue(new Error('altered'));
    await expect(plan(sale, job('plan', false))).rejects.toThrow('altered');
    expect(await attempts(sale)).toEqual([]);
    for (let number = 1; number <= ATTEMPTS_MAX; number += 1) {
      expect(await kit.orderState(sale.orderId)).toMatchObject({ state: 'funded' });
      await expect(plan(sale, job(`plan-${number}`))).rejects.toThrow('altered');
    }
    expect(await kit.orderState(sale.orderId)).toEqual(refunded);
    expect(await kit.market.balance(sale.buyer)).toBe(before + 15_000n);
    await expect(plan(sale, job('plan-again'))).rejects.toThrow('altered');
    expect(await attempts(sale)).toHaveLength(ATTEMPTS_MAX);
  });

  it.each([
    ['before it is planned', false, []],
    ['while it is emitted', true, [abandoned]],
  ])('gives the money back at once when an update ships another version of the policy, %s', async (_, begun, gone) => {
    const sale = await kit.sale(persons);
    const before = await kit.market.balance(sale.buyer);
    if (begun) await plan(sale, job('plan'));
    const [policy] = POLICIES as unknown as [{ version: number }];
    policy.version += 1;
    try {
      await plan(sale, job('plan-again'));
    } finally {
      policy.version -= 1;
    }
    expect(await attempts(sale)).toMatchObject(gone);
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'refunded', reason: 'POLICY_RETIRED' });
    expect(await kit.market.balance(sale.buyer)).toBe(before + 15_000n);
  });

  it('withdraws a package that cannot be made anew, and plans a second edition as the first was', async () => {
    const sale = await kit.sale(persons);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    await kit.revoke(persons[0]!);
    const { partyId } = sale.buyer.actor;
    await expect(kit.downloads.open(partyId, sale.orderId)).rejects.toMatchObject({ code: 'PACKAGE_RENEWING' });
    const failing = jest.spyOn(kit.plans, 'plan').mockRejectedValue(new Error('gone'));
    await expect(plan(sale, job('plan-1'))).rejects.toThrow('gone');
    failing.mockRestore();
    await plan(sale, job('plan-2'));
    const rows = await kit.test.ownerQuery<{ generalisation: unknown }>(
      `select generalisation from extraction.attempt where order_id = $1 and plan <> '{}' order by edition`,
      [sale.orderId],
    );
    expect(rows).toHaveLength(2);
    expect(rows[1]).toEqual(rows[0]);
    const { id } = (await attempts(sale)).at(-1)!;
    failEmission(new Error('gone'));
    await expect(emit(sale, id, job('emit'))).rejects.toThrow('gone');
    jest.spyOn(kit.plans, 'plan').mockRejectedValue(new Error('gone'));
    for (let number = 3; number <= ATTEMPTS_MAX; number += 1) {
      await expect(plan(sale, job(`plan-${number}`))).rejects.toThrow('gone');
    }
    expect(await kit.orderState(sale.orderId)).toMatchObject({ state: 'delivered' });
    expect(await kit.watch.progress(partyId, sale.orderId)).toMatchObject({ stage: 'withdrawn' });
    await expect(kit.downloads.open(partyId, sale.orderId)).rejects.toMatchObject({ code: 'PACKAGE_NOT_FOUND' });
  });
});
