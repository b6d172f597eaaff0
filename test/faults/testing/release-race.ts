import { Database, type Tx } from '@aceso/platform';
import { untilWaiting, waitingTransactions, type Step } from '@aceso/platform/testing';
import type { ExtractionKit, FundedSale } from '@aceso/extraction/testing';
import type { Rival, Withdrawals } from './withdrawals';

/**
 * When a withdrawal comes. It is let run until it has committed or waits for a lock before the other side goes on; where both
 * are let go at once it says so.
 *
 * - `before`: at any statement from the plan to the lock of the gates
 * - `held`: it has moved the gate, and commits only when the release waits for that gate
 * - `lock`: at once with the lock of the gates
 * - `behind`: at any statement of the release after that
 * - `commit`: at once with the commit of the release
 * - `released`, `delivered`: after the commit, before and after the encrypted file is there
 * - `asked`: at any statement of a fetch before it looks at the gates
 * - `asked-held`: it has moved the gate, and commits only when the fetch waits for that gate
 * - `fetching`: at any statement of the fetch after that
 * - `fetched`: after the fetch
 */
export const MOMENTS = [
  ...(['before', 'held', 'lock', 'behind', 'commit', 'released', 'delivered'] as const),
  ...(['asked', 'asked-held', 'fetching', 'fetched'] as const),
] as const;
export type Moment = (typeof MOMENTS)[number];

/** Moments of one release: what is left of them when it has committed comes right after it. */
const OF_RELEASE: readonly Moment[] = ['before', 'held', 'lock', 'behind', 'commit'];

/** One rival in one order; `share` says at which of the statements of its moment it comes, from 0 to 1. */
export interface Round {
  readonly rival: Rival;
  readonly share: number;
  /** When it came; another one than was meant when the order went by without that one. */
  came: Moment | null;
}

export interface Group {
  readonly moment: Moment;
  readonly rounds: readonly Round[];
}

/** Where the program is. */
type Phase = 'elsewhere' | 'work' | 'release' | 'asked' | 'fetching';

const LOCKS_GATES = /patient_gate[\s\S]*for share/;
const ASKS_GATES = /gates_unmoved/;
/** Withdrawals that may wait for the release at the same time. */
const CONNECTIONS = 32;

/** Lets rivals of an order come at their moments; {@link step} is asked before each statement of extraction. */
export class ReleaseRace {
  private phase: Phase = 'elsewhere';
  private groups: Group[] = [];
  /** Statements of the phase so far, and how many the phase had the last time. */
  private steps = 0;
  private readonly length: Partial<Record<Phase, number>> = {};
  /** The release that runs will be sent back, or may be: the next group is for another one. */
  private doomed = false;
  private letGo: () => void = () => undefined;
  private running: Promise<void>[] = [];
  private unfinished = 0;
  private readonly rivals: Database;

  constructor(
    private readonly kit: ExtractionKit,
    private readonly withdrawals: Withdrawals,
  ) {
    this.rivals = new Database({ urls: kit.test.roleUrls, poolSize: CONNECTIONS });
  }

  close(): Promise<void> {
    return this.rivals.close();
  }

  /** Plays an order to its fetch and the last group; `released` is told of each edition that was released. */
  async play(sale: FundedSale, groups: readonly Group[], released: () => Promise<void>): Promise<string> {
    this.groups = [...groups];
    for (;;) {
      this.enter('work');
      await this.kit.run(sale.orderId);
      this.enter('elsewhere');
      await released();
      while (this.next && OF_RELEASE.includes(this.next.moment)) await this.come('released');
      if (this.next?.moment === 'released') await this.come('released');
      await this.settle();
      await this.kit.deliver(sale.orderId);
      if (this.next?.moment === 'delivered') await this.come('delivered');
      this.enter('asked');
      const path = await this.kit.fetch(sale).catch(renewing);
      this.enter('elsewhere');
      await this.settle();
      if (path === null) continue;
      while (this.next) await this.come('fetched');
      await this.settle();
      return path;
    }
  }

  /** Asked before each statement. */
  async step({ sql }: Step): Promise<void> {
    if (this.phase === 'elsewhere') return;
    if (sql === 'commit') return this.commits();
    if (this.phase === 'work' && LOCKS_GATES.test(sql)) return this.locksGates('before', 'held', 'release');
    if (this.phase === 'asked' && ASKS_GATES.test(sql)) return this.locksGates('asked', 'asked-held', 'fetching');
    this.steps += 1;
    const moment = ({ work: 'before', release: 'behind', asked: 'asked', fetching: 'fetching' } as const)[this.phase];
    if (this.next?.moment === moment && !this.doomed) await this.comeInTurn();
  }

  /** The gates are locked next. Whoever comes here is in time, or meets the lock. */
  private async locksGates(early: Moment, held: Moment, then: Phase): Promise<void> {
    if (this.next?.moment === early) await this.come(early);
    if (this.next?.moment === held) await this.hold();
    else if (then === 'release' && !this.doomed && this.next?.moment === 'lock') void this.start();
    this.enter(then);
  }

  private async commits(): Promise<void> {
    this.letGo();
    const { phase } = this;
    if (phase !== 'release' && phase !== 'fetching') return;
    if (!this.doomed && this.next?.moment === (phase === 'release' ? 'behind' : 'fetching')) await this.come();
    if (phase === 'release' && this.next?.moment === 'commit') void this.start();
    this.enter(phase === 'release' ? 'work' : 'elsewhere');
  }

  private get next(): Group | undefined {
    return this.groups[0];
  }

  private enter(phase: Phase): void {
    if (this.steps > 0) this.length[this.phase] = this.steps;
    this.phase = phase;
    this.steps = 0;
    if (phase === 'work' || phase === 'asked') this.doomed = false;
  }

  /** Those of the next group whose statement this is. */
  private async comeInTurn(): Promise<void> {
    const group = this.next!;
    const length = this.length[this.phase] ?? 1;
    const due = group.rounds.filter(({ came, share }) => !came && share * length <= this.steps);
    if (due.length === 0) return;
    this.begin(due, group.moment);
    await this.doneOrWaiting();
  }

  /** The rest of the next group. */
  private async come(as?: Moment): Promise<void> {
    this.start(as);
    await this.doneOrWaiting();
  }

  private start(as?: Moment): void {
    const { moment, rounds } = this.groups.shift()!;
    this.doomed = true;
    this.begin(
      rounds.filter(({ came }) => !came),
      as ?? moment,
    );
  }

  private begin(rounds: readonly Round[], moment: Moment, beforeCommit?: () => Promise<void>): void {
    for (const round of rounds) {
      round.came = moment;
      this.unfinished += 1;
      const withdrawn = this.withdraw(round, beforeCommit).finally(() => (this.unfinished -= 1));
      withdrawn.catch(() => undefined); // told by settle
      this.running.push(withdrawn);
    }
  }

  private async withdraw({ rival }: Round, beforeCommit?: () => Promise<void>): Promise<void> {
    const withdrawal = await this.withdrawals.withdrawal(rival);
    await this.rivals.transaction('api', async (tx: Tx) => {
      await withdrawal(tx);
      await beforeCommit?.();
    });
  }

  /** The next group moves its gates and commits once the program waits for them, or commits itself. */
  private async hold(): Promise<void> {
    const { moment, rounds } = this.groups.shift()!;
    this.doomed = true;
    const waited = new Promise<void>((resolve) => (this.letGo = resolve));
    let held = 0;
    this.begin(rounds, moment, () => {
      held += 1;
      return waited;
    });
    await this.doneOrWaiting(() => held);
    const blocked = await waitingTransactions(this.kit.test);
    void untilWaiting(this.kit.test, blocked + 1).then(this.letGo, this.letGo);
  }

  /** Until every withdrawal that began has committed, waits for a lock, or is held on purpose. */
  private async doneOrWaiting(held: () => number = () => 0): Promise<void> {
    for (;;) {
      const open = this.unfinished - held();
      if (open <= 0) return;
      if ((await waitingTransactions(this.kit.test)) >= open) return;
    }
  }

  private async settle(): Promise<void> {
    await Promise.all(this.running);
    this.running = [];
  }
}

/** Null when the package is being made anew: a gate moved before this fetch. */
function renewing(error: unknown): null {
  if ((error as { code?: string }).code !== 'PACKAGE_RENEWING') throw error;
  return null;
}
