import { Injectable } from '@nestjs/common';
import { assert, base64, type LedgerEntryId } from '@aceso/kernel';
import { Database, hmacSha256, Runtime, sha256, type Tx } from '@aceso/platform';
import {
  deleteKeys,
  deleteOpenings,
  holdOpenings,
  insertErasedSubjects,
  insertErasure,
  insertWishes,
  outdatedErasures,
  takeWishes,
  waiting,
  type ErasureWish,
} from './data/erasure';
import { erasedSubjects, erasureList, type LegalBasis } from './domain';
import { Ledger } from './ledger';

/** Subjects of one erasure, at least, unless the first has waited long enough: alone, an entry would name its moment. */
export const ERASURE_SUBJECTS_MIN = 10;
/** Longest wait for others, milliseconds: GDPR Art. 12(3) leaves a month. */
export const ERASURE_WAIT_MS_MAX = 24 * 3_600_000;
/** Subjects of one erasure, at most: the sequencer waits for its transaction. */
export const ERASURE_SUBJECTS_MAX = 500;
/** How long the data protection officer can open what was erased and why: the instance then has to account for it no more. */
export const ERASURE_OPEN_DAYS = 1096;

const SEED_BYTES = 32;
const DAY_MS = 86_400_000;

/** Deletes what another context stores as a receipt of these subjects. */
export type ForgetReceipts = (tx: Tx, subjectIds: readonly string[]) => Promise<void>;

/**
 * Erasure (transparency-log.md 12.3): openings, subject keys and stored receipts go, one entry for many subjects says so.
 * Tree, checkpoints and receipts that people hold stay valid. All of it under role worker.
 */
@Injectable()
export class Erasures {
  private readonly others: ForgetReceipts[] = [];

  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly runtime: Runtime,
  ) {}

  /** A context that stores receipts has them deleted with each erasure, in its transaction. */
  alsoForget(forget: ForgetReceipts): void {
    this.others.push(forget);
  }

  /** Puts subjects into the queue, in the acting transaction: they are erased with others, within a day. */
  async request(tx: Tx, wishes: readonly ErasureWish[]): Promise<void> {
    await insertWishes(tx, wishes);
  }

  /** Name of the work that is due, the same until it is done; null when there is none. */
  async due(): Promise<string | null> {
    return this.database.transaction(
      'worker',
      async (tx) => {
        const since = await this.dueSince(tx);
        if (since !== null) return `since-${since}`;
        const [outdated] = await outdatedErasures(tx, 1);
        return outdated ? `outdated-${outdated}` : null;
      },
      { readOnly: true },
    );
  }

  /** Erases those who wait, if they are enough or have waited long, and the openings of erasures past their date. */
  async run(): Promise<void> {
    await this.database.transaction('worker', async (tx) => {
      if ((await this.dueSince(tx)) === null) return;
      const wishes = await takeWishes(tx, ERASURE_SUBJECTS_MAX);
      // Another process may have taken them since.
      if (wishes.length > 0) await this.erase(tx, wishes);
    });
    await this.database.transaction('worker', (tx) => this.closeOutdated(tx));
  }

  /**
   * Erases subjects now, in the acting transaction, which should do little after it: the sequencer waits until its end.
   * Entries that are still on their way into the log come without opening. Returns the erasure's entry; null when all
   * of them were erased before.
   */
  async erase(tx: Tx, wishes: readonly ErasureWish[]): Promise<LedgerEntryId | null> {
    assert(tx.role === 'worker', 'only the worker erases');
    const id = this.runtime.uuid();
    await holdOpenings(tx);
    const subjectIds = await insertErasedSubjects(
      tx,
      id,
      wishes.map(({ subjectId }) => subjectId),
    );
    if (subjectIds.length === 0) return null;
    const basisOf = new Map(wishes.map(({ subjectId, basis }) => [subjectId, basis]));
    const openings = await deleteOpenings(tx, subjectIds);
    await deleteKeys(tx);
    for (const forget of this.others) await forget(tx, subjectIds);
    this.ledger.forgetKeys(subjectIds);
    const erased = openings.map(({ index, subjectId }) => ({ index, basis: basisOf.get(subjectId) as LegalBasis }));
    const seed = this.runtime.randomBytes(SEED_BYTES);
    const list = erasureList(erased, seed, { sha256, hmacSha256 });
    const openUntil = new Date(this.runtime.now() + ERASURE_OPEN_DAYS * DAY_MS).toISOString().slice(0, 10);
    const bases = [...new Set(subjectIds.map((subjectId) => basisOf.get(subjectId) as LegalBasis))].sort();
    const entryId = await this.ledger.append(tx, {
      kind: 'erasure',
      code: 'erasure.executed',
      payload: {
        erasure: id,
        bases,
        entries: erased.length,
        root: base64.encode(list.root),
        seed: base64.encode(seed),
        subjects: base64.encode(erasedSubjects(subjectIds, seed, hmacSha256)),
        openUntil,
      },
      subjectId: id, // a key of its own: the opening can go at its date without touching any other
    });
    await insertErasure(tx, { id, entryId, openUntil, ...list });
    return entryId;
  }

  private async dueSince(tx: Pick<Tx, 'query'>): Promise<number | null> {
    const those = await waiting(tx);
    if (!those) return null;
    const isDue = those.count >= ERASURE_SUBJECTS_MIN || this.runtime.now() - those.since >= ERASURE_WAIT_MS_MAX;
    return isDue ? those.since : null;
  }

  private async closeOutdated(tx: Tx): Promise<void> {
    const ids = await outdatedErasures(tx, ERASURE_SUBJECTS_MAX);
    if (ids.length === 0) return;
    await holdOpenings(tx);
    await tx.execute(
      `insert into ledger.erased_subject (subject_id, erasure_id) select id, id from unnest($1::uuid[]) as id
       on conflict do nothing`,
      [ids],
    );
    await deleteOpenings(tx, ids);
    await deleteKeys(tx);
    this.ledger.forgetKeys(ids);
  }
}
