import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, Database, Logger, Runtime, sha256, type AnchorConfig, type Config } from '@aceso/platform';
import { AnchorChain, type PreparedAnchor } from '../anchor/anchor-chain';
import { readAnchorKey } from '../anchor/anchor-key';
import { bytesOf } from '../anchor/node';
import { insertAnchor, insertOutcome, newestAnchor, type AnchorPlace, type AnchorRow } from '../data/anchor';
import { blockOfSize, newestPublication } from '../data/block';
import type { Reader } from '../data/reader';
import {
  anchorOf,
  formatCheckpoint,
  LedgerError,
  nextStep,
  standingOf,
  stateOfUnseen,
  type Anchor,
  type AnchorState,
} from '../domain';

/** How often rows and, where there is something to ask, the chain are looked at, milliseconds. */
const ROUND_MS = 15_000;
/** Longest pause behind failures; each one doubles it. */
const PAUSE_MS_MAX = 900_000;
/** A sending is looked for from this many blocks before it left: a reorganisation may place it earlier. */
const LOOK_BACK_BLOCKS = 128n;
/** Name of the advisory lock that lets one process anchor; any number that nothing else uses. */
const ANCHOR_LOCK = 6_962_002;
const MINUTE_MS = 60_000;

/** What was made durable, in the database and in the node. */
export type AnchoringStep = 'recorded' | 'sent';

/** What one round came to; `elsewhere` when another process is at it. */
export type RoundResult = 'elsewhere' | 'idle' | AnchorState;

/**
 * Writes published checkpoints into a contract, where the operator cannot take them back. A sending is a row before it
 * leaves, and whether it arrived only the contract tells: a crash between the two looks like a loss and is sent again.
 * Whatever the chain does, the ledger goes on.
 */
@Injectable()
export class Anchoring {
  private chain: AnchorChain | undefined;
  private running: Promise<void> | undefined;
  private stopping = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'anchor' | 'origin'>,
    private readonly logger: Logger,
  ) {}

  /** Starts to anchor, if it is configured; refuses to start with a key that is missing or exposed. */
  start(): void {
    if (this.running || !this.config.anchor) return;
    readAnchorKey(this.config.anchor.keyFile);
    this.stopping = new AbortController();
    this.running = this.run(this.stopping.signal);
  }

  /** Stops after the round at hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.running = undefined;
  }

  /** Looks what became of the anchor on its way, then sends the next one if it is time. For one caller at a time. */
  async roundOnce(): Promise<RoundResult> {
    const { anchor } = this.config;
    if (!anchor) return 'idle';
    try {
      // The transaction does nothing but hold the lock; whoever dies frees it.
      return await this.database.transaction('sequencer', async (lock) => {
        const [row] = await lock.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [
          ANCHOR_LOCK,
        ]);
        return row?.held ? await this.round(anchor) : 'elsewhere';
      });
    } catch (error) {
      this.chain = undefined; // who comes back may be another node: it is checked again
      throw error;
    }
  }

  /** Called behind each durable step: tests crash here. */
  protected reached(step: AnchoringStep): void {
    void step;
  }

  private async run(stop: AbortSignal): Promise<void> {
    let pauseMs = ROUND_MS;
    while (!stop.aborted) {
      try {
        await this.roundOnce();
        pauseMs = ROUND_MS;
      } catch (error) {
        this.logger.error('anchoring does not succeed', error, { milliseconds: pauseMs });
        pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
      }
      await delay(pauseMs, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  private async round(config: AnchorConfig): Promise<RoundResult> {
    const chain = (this.chain ??= await AnchorChain.open(config));
    const place = { chainId: chain.chainId, contract: bytesOf(config.contract) };
    const newest = await newestAnchor(this.reader(), place);
    if (newest?.state !== 'pending') return this.next(chain, place, newest);
    const state = await this.settle(chain, newest);
    return state === 'lost' ? this.next(chain, place, { ...newest, state }) : state;
  }

  /** Asks the chain what became of a sending, and writes it down once it is certain. */
  private async settle(chain: AnchorChain, sending: AnchorRow): Promise<AnchorState> {
    const sighting = await chain.sight(sending.size, sending.afterBlock - LOOK_BACK_BLOCKS);
    let state: AnchorState | 'absent' = standingOf(sending, sighting);
    if (state === 'absent') {
      const milliseconds = this.runtime.now() - sending.sentAt.getTime();
      state = stateOfUnseen({ milliseconds, queued: await chain.isQueued(sending.transaction) });
    }
    if (state === 'pending') return state;
    await this.database.transaction('sequencer', (tx) => insertOutcome(tx, sending, sighting.event));
    this.logger.info(state === 'final' ? 'an anchor is final' : 'an anchor is lost and will be sent again', {
      size: Number(sending.size),
    });
    return state;
  }

  private async next(chain: AnchorChain, place: AnchorPlace, newest: AnchorRow | undefined): Promise<RoundResult> {
    const reader = this.reader();
    const due = !newest || this.runtime.now() >= newest.sentAt.getTime() + this.intervalMs();
    if (newest?.state !== 'lost' && !due) return 'idle';
    const published = await this.published(reader);
    if (!published) return 'idle';
    const last = await chain.last();
    const ourRoot = (await blockOfSize(reader, last.lastSize))?.root;
    const next = nextStep({ newest, published, due }, { ...last, ourRoot });
    if (!next) return 'idle';
    const number = (newest?.number ?? -1n) + 1n;
    if (next.step === 'enter') {
      await this.enter(chain, place, { number, anchor: next.anchor });
    } else {
      const key = readAnchorKey((this.config.anchor as AnchorConfig).keyFile);
      const prepared = await chain.prepare(next.anchor, key, newest?.state === 'lost' ? newest.transaction : undefined);
      await this.record(place, { number, anchor: next.anchor, ...prepared });
      this.reached('recorded');
      await prepared.send();
      this.reached('sent');
    }
    return 'pending';
  }

  /** Writes down an anchor that the contract holds and our rows lack: they come from an older backup. */
  private async enter(chain: AnchorChain, place: AnchorPlace, { number, anchor }: Numbered): Promise<void> {
    const { event } = await chain.sight(anchor.size, 0n);
    if (!event) return; // the chain moved between two questions
    const { transaction, blockNumber: afterBlock } = event;
    await this.record(place, { number, anchor, transaction, afterBlock });
  }

  private async record(
    place: AnchorPlace,
    { number, anchor, transaction, afterBlock }: Numbered & Pick<PreparedAnchor, 'transaction' | 'afterBlock'>,
  ): Promise<void> {
    await this.database.transaction('sequencer', async (tx) => {
      const block = await blockOfSize(tx, anchor.size);
      if (!block) throw new LedgerError('LEDGER_STORAGE_DAMAGED', `no block ends at the published size ${anchor.size}`);
      const sentAt = new Date(this.runtime.now());
      await insertAnchor(tx, place, { ...anchor, number, height: block.height, transaction, afterBlock, sentAt });
    });
    this.logger.info('an anchor is on its way', { size: Number(anchor.size) });
  }

  private async published(reader: Reader): Promise<Anchor | undefined> {
    const publication = await newestPublication(reader);
    if (!publication) return undefined;
    const text = formatCheckpoint({ ...publication, origin: this.config.origin, extensions: [] });
    return anchorOf(publication, text, sha256);
  }

  private intervalMs(): number {
    return (this.config.anchor as AnchorConfig).intervalMinutes * MINUTE_MS;
  }

  private reader(): Reader {
    return { query: (sql, params) => this.database.query('sequencer', sql, params) };
  }
}

interface Numbered {
  readonly number: bigint;
  readonly anchor: Anchor;
}
