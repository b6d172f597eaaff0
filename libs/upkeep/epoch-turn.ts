import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { Ledger } from '@aceso/ledger';
import { Database, KeyCustody, PlatformError, Runtime, type Tx } from '@aceso/platform';
import { KEY_TABLES } from './key-tables';
import { UpkeepError } from './upkeep.errors';
import { wrapAnew, type Pass } from './wrap-anew';

/**
 * A key file outlives the last row that names it by so long, milliseconds: whoever has read a wrapped key just before it was
 * wrapped anew still opens it.
 */
export const EPOCH_GRACE_MS = 5_000;
/** Passes over all tables in one turn, at most: each finds only what was wrapped since the one before began. */
export const PASSES_MAX = 10;

const DAY_MS = 86_400_000;
/** SQLSTATE foreign_key_violation: a row still names the epoch. */
const STILL_NAMED = '23503';
/** Key of the lock under which a turn begins ('EPOC' as a number): two that start at once begin one turn. */
const TURN_LOCK = 0x45504f43;

export interface TurnOptions {
  /** {@link EPOCH_GRACE_MS} unless a test says otherwise. */
  readonly graceMs?: number;
  readonly batchRows?: number;
  /** Called between steps: a test ends the turn there. */
  readonly between?: (step: TurnStep) => Promise<void> | void;
}

export type TurnStep = 'planned' | 'key-made' | 'begun' | 'batch' | 'ended' | 'key-destroyed';

export interface TurnReport {
  readonly epoch: number;
  readonly wrapped: number;
  readonly destroyed: readonly number[];
}

/** An epoch as the operator sees it; no secret is in it. */
export interface EpochState {
  readonly epoch: number;
  /** `dead`: rows name it and its key is not here, as in a dump from before its end. */
  readonly state: 'planned' | 'alive' | 'destroyed' | 'dead';
  readonly began: Date | null;
  readonly ended: Date | null;
  readonly newest: boolean;
}

/**
 * The turn of an epoch (privacy-and-keys 3): a new master key, living keys wrapped anew, the old master key destroyed, so that
 * older backups hold dead keys. It can be ended at any point and run again: each step looks at what is there.
 */
@Injectable()
export class EpochTurn {
  constructor(
    private readonly database: Database,
    private readonly custody: KeyCustody,
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
    private readonly runtime: Runtime,
  ) {}

  /** True when the newest epoch is older than `epochDays`, or a turn was not finished. */
  async isDue(epochDays: number): Promise<boolean> {
    const states = await this.states();
    const newest = states.find((state) => state.newest);
    const isUnfinished = states.some(({ state, newest: last }) => state === 'planned' || (state === 'alive' && !last));
    return isUnfinished || (newest?.began ? this.runtime.now() - newest.began.getTime() >= epochDays * DAY_MS : false);
  }

  /** Every epoch that this database knows, oldest first. */
  async states(): Promise<EpochState[]> {
    const rows = await this.database.query<{
      epoch: number;
      state: 'planned' | 'alive' | null;
      began: Date | null;
      ended: Date | null;
    }>(
      'worker',
      `select epoch, known.state, known.began_at as began, gone.destroyed_at as ended
         from platform.key_epoch known full join platform.destroyed_epoch gone using (epoch) order by epoch`,
    );
    const held = new Set(this.custody.epochs());
    const newest = Math.max(...rows.filter(({ state }) => state !== null).map(({ epoch }) => epoch));
    return rows.map(({ epoch, state, began, ended }) => ({
      epoch,
      state: state === null ? 'destroyed' : state === 'alive' && !held.has(epoch) ? 'dead' : state,
      began,
      ended,
      newest: epoch === newest,
    }));
  }

  /** Begins a turn, or goes on with one that was not finished, and runs it to its end. */
  async turn(options: TurnOptions = {}): Promise<TurnReport> {
    const { between = () => undefined, graceMs = EPOCH_GRACE_MS } = options;
    await this.sweep();
    const epoch = await this.begin(between);
    let wrapped = 0;
    const destroyed: number[] = [];
    for (let pass = 1; pass <= PASSES_MAX; pass += 1) {
      wrapped += await this.pass(options);
      const ended = await this.end(epoch);
      if (ended === null) continue;
      await between('ended');
      if (ended.length > 0) await sleep(graceMs);
      for (const old of ended) this.custody.destroyEpoch(old);
      await between('key-destroyed');
      return { epoch, wrapped, destroyed: [...destroyed, ...ended] };
    }
    throw new UpkeepError('EPOCH_NOT_TURNED', `keys are still wrapped under an older epoch after ${PASSES_MAX} passes`);
  }

  /** Destroys key files of epochs that the database has ended: a process may have died in between. */
  private async sweep(): Promise<void> {
    const held = this.custody.epochs();
    const rows = await this.database.query<{ epoch: number }>(
      'worker',
      'select epoch from platform.destroyed_epoch where epoch = any ($1::integer[])',
      [held],
    );
    for (const { epoch } of rows) if (epoch < this.custody.currentEpoch) this.custody.destroyEpoch(epoch);
  }

  private async begin(between: NonNullable<TurnOptions['between']>): Promise<number> {
    const { epoch, state } = await this.database.transaction('worker', async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [TURN_LOCK]);
      const rows = await tx.query<{ epoch: number; state: string }>(
        'select epoch, state from platform.key_epoch order by epoch desc',
      );
      const [newest] = rows;
      if (!newest) throw new PlatformError('KEY_MISSING', 'the database knows no epoch: start it with `aceso serve`');
      const held = new Set(this.custody.epochs());
      const isUnderway = newest.state === 'planned' || rows.some((row) => row !== newest && held.has(row.epoch));
      if (isUnderway) return newest;
      if (newest.epoch !== this.custody.currentEpoch) {
        throw new PlatformError('KEY_MISSING', `the master key of epoch ${newest.epoch} is missing: restore the keys`);
      }
      const next = { epoch: newest.epoch + 1, state: 'planned' };
      await tx.execute(`insert into platform.key_epoch (epoch, state) values ($1, 'planned')`, [next.epoch]);
      return next;
    });
    if (state === 'alive') return epoch;
    await between('planned');
    this.custody.createEpoch(epoch);
    await between('key-made');
    await this.database.transaction('worker', async (tx) => {
      const moved = await tx.execute(
        `update platform.key_epoch set state = 'alive' where epoch = $1 and state = 'planned'`,
        [epoch],
      );
      if (moved === 1) await this.record(tx, 'keys.epoch-began', epoch);
    });
    await between('begun');
    return epoch;
  }

  private async pass({ batchRows, between }: TurnOptions): Promise<number> {
    const { database, custody } = this;
    const pass: Pass = {
      database,
      custody,
      ...(batchRows === undefined ? {} : { batchRows }),
      ...(between && { afterBatch: () => between('batch') }),
    };
    let wrapped = 0;
    for (const table of KEY_TABLES) wrapped += await wrapAnew(table, pass);
    return wrapped;
  }

  /** Ends the older epochs whose keys are here; null while a row names one, and then nothing has ended. */
  private async end(newest: number): Promise<number[] | null> {
    try {
      return await this.database.transaction('worker', async (tx) => {
        const rows = await tx.query<{ epoch: number }>(
          'delete from platform.key_epoch where epoch < $1 and epoch = any ($2::integer[]) returning epoch',
          [newest, this.custody.epochs()],
        );
        const ended = rows.map(({ epoch }) => epoch).sort((a, b) => a - b);
        for (const epoch of ended) {
          await tx.execute('insert into platform.destroyed_epoch (epoch) values ($1)', [epoch]);
          await this.record(tx, 'keys.epoch-ended', epoch);
        }
        return ended;
      });
    } catch (error) {
      if (sqlState(error) === STILL_NAMED) return null;
      throw error;
    }
  }

  private async record(tx: Tx, code: 'keys.epoch-began' | 'keys.epoch-ended', epoch: number): Promise<void> {
    const event = { act: code, actorId: null, outcome: 'permitted', detail: { epoch } } as const;
    const accessEventId = await this.audit.record(tx, event);
    await this.ledger.append(tx, { kind: 'administration', code, payload: { epoch }, accessEventId });
  }
}

function sqlState(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}
