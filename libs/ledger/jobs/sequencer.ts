import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { bytesEqual } from '@aceso/kernel';
import {
  CONFIG,
  Database,
  ed25519PublicKey,
  ed25519Signer,
  KeyCustody,
  Logger,
  Runtime,
  sha256,
  type Config,
  type Tx,
} from '@aceso/platform';
import { unsignedBlocks, type Block } from '../data/block';
import type { Reader } from '../data/reader';
import { KEY_TYPE, LedgerError, signCheckpoint, verifierKey, type NoteSignature, type VerifierKey } from '../domain';
import { BATCH_ENTRIES_MAX, writeBatch, type Tip } from './batch';
import { PendingFloor } from './pending-floor';
import { Publisher } from './publisher';
import { RECOVERY, requireContinuation } from './signing-rule';
import { SigningRecord } from './signing-record';
import { loadTip } from './tip';

/**
 * A batch closes after this time, in milliseconds: of the 250 that transparency-log.md section 1 allows, the rest is for
 * writing and signing.
 */
export const BATCH_MS_MAX = 200;
/** Pause before leadership is asked for again, in milliseconds. */
const RETRY_MS = 1_000;
/** Name of the advisory lock that makes one sequencer of many; any number that nothing else uses. */
const LEADER_LOCK = 6_962_001;

/** What a sequencer is told: `witnessPolicy` is undefined where nobody is asked. */
export type SequencerConfig = Pick<Config, 'signingRecord' | 'origin' | 'checkpointIntervalMs' | 'witnessPolicy'>;

/** What was made durable; a crash behind any of these steps loses nothing. */
export type SequencerStep = 'persisted' | 'recorded' | 'signed' | 'witnessed' | 'published';

/**
 * Moves committed entries from the pending table into the log: persist, sign, witness, publish, in this order. Many
 * processes may run one; an advisory lock makes one of them the leader, and unique heights and sizes refuse a second
 * history should two ever believe to lead.
 */
@Injectable()
export class Sequencer {
  private readonly record: SigningRecord;
  private readonly publisher: Publisher;
  private readonly floor = new PendingFloor();
  private tip: Tip | undefined;
  private key: VerifierKey | undefined;
  private running: Promise<void> | undefined;
  private publishing: Promise<void> | undefined;
  private stopping = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly runtime: Runtime,
    private readonly custody: KeyCustody,
    @Inject(CONFIG) private readonly config: SequencerConfig,
    private readonly logger: Logger,
  ) {
    this.record = new SigningRecord(config.signingRecord);
    this.publisher = new Publisher({ database, custody, config, logger, reached: (step) => this.reached(step) });
  }

  /** Starts to ask for leadership, and to integrate once it is given. */
  start(): void {
    if (this.running) return;
    this.stopping = new AbortController();
    this.running = this.run(this.stopping.signal);
  }

  /** Stops after the batch at hand; the lock is free when this returns. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.running = undefined;
  }

  /**
   * Writes and signs one batch; returns the number of entries taken. The first call writes the first block, empty or
   * not. For one caller at a time: the loop of {@link start}, or a test.
   */
  async integrateOnce(): Promise<number> {
    try {
      return await this.integrate();
    } catch (error) {
      // Whether a commit that broke off took place only the database knows: everything is read anew.
      this.tip = undefined;
      throw error;
    }
  }

  /** Publishes the newest signed checkpoint if it is not public yet and enough witnesses cosign; returns whether it did. */
  async publishOnce(): Promise<boolean> {
    return this.publisher.publish(this.stopping.signal);
  }

  private async integrate(): Promise<number> {
    const tip = (this.tip ??= await this.takeOver());
    const options = {
      origin: this.config.origin,
      runtime: this.runtime,
      afterSeq: this.floor.at(this.runtime.now()),
    };
    const batch = await this.database.transaction('sequencer', (tx) => writeBatch(tx, tip, options));
    if (!batch) return 0;
    this.tip = batch.tip;
    this.floor.passed(batch.lastSeq);
    this.reached('persisted');
    await this.sign(batch.block);
    return batch.count;
  }

  /** Called behind each durable step: tests crash here. */
  protected reached(step: SequencerStep): void {
    void step;
  }

  private async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      try {
        await this.lead(stop);
      } catch (error) {
        this.logger.error('the sequencer stepped down', error);
      }
      this.tip = undefined;
      await this.publishing;
      await pause(RETRY_MS, stop);
    }
  }

  /** One publication at a time, beside the batches: a witness may be slow or dead, and nobody's entry waits for it. */
  private async publishAside(): Promise<void> {
    try {
      await this.publishOnce();
    } catch (error) {
      this.logger.error('no checkpoint was published', error);
    } finally {
      this.publishing = undefined;
    }
  }

  /**
   * Leads for as long as the lock's transaction lives: it does nothing but hold the lock, and PostgreSQL ends it when
   * this process or its connection dies. It has no snapshot between statements, so it holds no vacuum back.
   */
  private async lead(stop: AbortSignal): Promise<void> {
    await this.database.transaction('sequencer', async (lock) => {
      const [row] = await lock.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [LEADER_LOCK]);
      if (!row?.held) return;
      this.logger.info('this process is the sequencer of the ledger');
      let publishAt = this.runtime.now();
      while (!stop.aborted) {
        const begun = this.runtime.now();
        await lock.query('select 1');
        const count = await this.integrateOnce();
        if (this.runtime.now() >= publishAt) {
          this.publishing ??= this.publishAside();
          publishAt = this.nextPublication();
        }
        if (count < BATCH_ENTRIES_MAX) await pause(BATCH_MS_MAX - (this.runtime.now() - begun), stop);
      }
    });
  }

  /** Public checkpoints come on a fixed grid of time, whatever happened in between (privacy-and-keys 7). */
  private nextPublication(): number {
    const { checkpointIntervalMs } = this.config;
    return (Math.floor(this.runtime.now() / checkpointIntervalMs) + 1) * checkpointIntervalMs;
  }

  /** Reads the stored log, refuses to go on from an older backup, and signs what a crash left unsigned. */
  private async takeOver(): Promise<Tip> {
    const reader: Reader = { query: (sql, params) => this.database.query('sequencer', sql, params) };
    const last = await this.record.read();
    await requireContinuation(reader, last, this.config.origin);
    const tip = await loadTip(reader, this.config.origin);
    for (const block of await unsignedBlocks(reader, last?.size ?? 0n)) await this.sign(block);
    return tip;
  }

  /**
   * Signs a block that is committed. The record on disk goes first: a signature that nobody has seen may be lost, one
   * that was seen may not be forgotten.
   */
  private async sign({ height, size, root, text }: Block): Promise<void> {
    const { origin } = this.config;
    const last = await this.record.read();
    if (last && size < last.size) {
      throw new LedgerError('LEDGER_ROLLED_BACK', `size ${last.size} was signed already, so ${size} will not be`);
    }
    if (last?.size === size && !bytesEqual(last.root, root)) {
      throw new LedgerError('LEDGER_FORKED', `size ${size} was signed with another root already. ${RECOVERY}`);
    }
    await this.record.write({ origin, size, root });
    this.reached('recorded');
    const seed = this.custody.serviceSeed('ledger');
    this.key ??= verifierKey({ name: origin, type: KEY_TYPE.ed25519, publicKey: ed25519PublicKey(seed) }, sha256);
    const { keyId, signature } = signCheckpoint(text, this.key, ed25519Signer(seed));
    await this.database.transaction('sequencer', (tx) => insertSignature(tx, height, { keyId, signature }));
    this.reached('signed');
  }
}

/**
 * The commit does not wait for the disk: a signature lost with the power is made again at the next start, to the same
 * bytes, and the publication that shows it does wait.
 */
async function insertSignature(
  tx: Tx,
  height: bigint,
  { keyId, signature }: Pick<NoteSignature, 'keyId' | 'signature'>,
): Promise<void> {
  await tx.execute('set local synchronous_commit = off');
  await tx.execute('insert into ledger.block_signature (height, key_id, signature) values ($1, $2, $3)', [
    height,
    keyId,
    signature,
  ]);
}

async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || stop.aborted) return;
  await delay(milliseconds, undefined, { signal: stop }).catch(() => undefined);
}
