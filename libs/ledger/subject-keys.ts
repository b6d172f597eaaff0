import { Injectable } from '@nestjs/common';
import { utf8 } from '@aceso/kernel';
import { hmacSha256, KeyCustody, Runtime, type KeyTable, type Tx, type WrappedKey } from '@aceso/platform';
import { KeyUseLog } from './key-use-log';

/** Owner of openings that concern nobody in particular: the instance itself. */
export const INSTANCE_SUBJECT = '00000000-0000-0000-0000-000000000000';

/** Keys that stay in memory for appending, and for how long (milliseconds) before their use is recorded anew. */
const KEPT_KEYS_MAX = 10_000;
const KEPT_MS_MAX = 600_000;

/** Keys of subjects, for the turn of an epoch. */
export const SUBJECT_KEY_TABLE: KeyTable = {
  table: 'ledger.subject_key',
  key: { subject_id: 'uuid' },
  wrapped: 'wrapped',
  epoch: 'epoch',
  aad: ({ subject_id }) => boundData(String(subject_id)),
};

/** A subject's key in its two uses; one key has one use, so what seals openings is derived. */
export interface SubjectKey {
  /** Makes the tags of entries (transparency-log.md 12.1). */
  readonly tagKey: Uint8Array;
  /** Seals and opens openings. */
  readonly openingKey: Uint8Array;
}

/** A subject whose key is needed, with the access event that says why if there is one already. */
export interface KeyNeed {
  readonly subjectId: string;
  readonly accessEventId?: string;
}

const OPENING_KEY = utf8('aceso/opening-key/v1\0');

interface KeptKey {
  readonly key: SubjectKey;
  readonly until: number;
}

interface KeyRow extends WrappedKey {
  readonly subject_id: string;
}

/**
 * One random key a subject: it seals the openings of the subject's entries and links their tags. Stored wrapped under
 * the master key of an epoch; once its row is erased nothing of the subject can be opened or linked.
 */
@Injectable()
export class SubjectKeys {
  private readonly kept = new Map<string, KeptKey>();
  /** Keys made in a transaction that may still roll back: they are for that transaction only. */
  private readonly fresh = new WeakMap<Tx, Map<string, SubjectKey>>();

  constructor(
    private readonly custody: KeyCustody,
    private readonly runtime: Runtime,
    private readonly keyUseLog: KeyUseLog,
  ) {}

  /**
   * Keys to append with, made where a subject has none yet. A key that was opened lately is still in memory: adding
   * to the log reads nothing of the subject, so only the opening of the key leaves a trace, not each entry.
   */
  async forAppending(tx: Tx, needs: readonly KeyNeed[]): Promise<ReadonlyMap<string, SubjectKey>> {
    const keys = new Map<string, SubjectKey>();
    const missing = new Map<string, KeyNeed>();
    for (const need of needs) {
      const key = this.known(tx, need.subjectId);
      if (key) keys.set(need.subjectId, key);
      else missing.set(need.subjectId, { ...missing.get(need.subjectId), ...need });
    }
    if (missing.size === 0) return keys;
    // One order for all writers, so that two of them cannot wait for each other's new keys.
    const ids = [...missing.keys()].sort();
    let rows = await readKeys(tx, ids);
    const stored = new Set(rows.map((row) => row.subject_id));
    const absent = ids.filter((id) => !stored.has(id));
    if (absent.length > 0) {
      const made = await this.make(tx, absent);
      for (const [id, key] of made) keys.set(id, key);
      const others = absent.filter((id) => !made.has(id));
      // Somebody else was faster: theirs is committed by now.
      const theirs = await readKeys(tx, others);
      rows = [...rows, ...theirs];
      // Or the subject was erased: what is logged about it now is under a key that nobody keeps.
      const kept = new Set(theirs.map((row) => row.subject_id));
      for (const id of others) if (!kept.has(id)) keys.set(id, usesOf(this.runtime.randomBytes(32)));
    }
    for (const [id, key] of await this.open(tx, rows, missing)) {
      keys.set(id, key);
      this.keep(id, key);
    }
    return keys;
  }

  /** The keys of subjects for reading, with their trace: the first access event of each. Erased ones are left out. */
  async forReading(tx: Tx, needs: readonly Required<KeyNeed>[]): Promise<ReadonlyMap<string, SubjectKey>> {
    const bySubject = new Map([...needs].reverse().map((need) => [need.subjectId, need]));
    return this.open(tx, await readKeys(tx, [...bySubject.keys()]), bySubject);
  }

  /** Forgets keys that were erased. */
  forget(subjectIds: readonly string[]): void {
    for (const id of subjectIds) this.kept.delete(id);
  }

  private known(tx: Tx, subjectId: string): SubjectKey | undefined {
    const kept = this.kept.get(subjectId);
    if (kept && kept.until > this.runtime.now()) return kept.key;
    return this.fresh.get(tx)?.get(subjectId);
  }

  private keep(subjectId: string, key: SubjectKey): void {
    this.kept.delete(subjectId);
    const oldest = this.kept.size >= KEPT_KEYS_MAX ? this.kept.keys().next().value : undefined;
    if (oldest !== undefined) this.kept.delete(oldest);
    this.kept.set(subjectId, { key, until: this.runtime.now() + KEPT_MS_MAX });
  }

  private async make(tx: Tx, ids: readonly string[]): Promise<Map<string, SubjectKey>> {
    const made = new Map(ids.map((id) => [id, this.runtime.randomBytes(32)]));
    const wrapped = ids.map((id) => this.custody.wrap(made.get(id) as Uint8Array, boundData(id)));
    const rows = await tx.query<{ subject_id: string }>(
      `insert into ledger.subject_key (subject_id, wrapped, epoch)
       select * from unnest($1::uuid[], $2::bytea[], $3::integer[]) as made (subject_id, wrapped, epoch)
        where not exists (select from ledger.erased_subject e where e.subject_id = made.subject_id)
       on conflict do nothing returning subject_id`,
      [ids, wrapped.map((key) => Buffer.from(key.wrapped)), wrapped.map((key) => key.epoch)],
    );
    const keys = new Map(rows.map((row) => [row.subject_id, usesOf(made.get(row.subject_id) as Uint8Array)]));
    this.fresh.set(tx, new Map([...(this.fresh.get(tx) ?? []), ...keys]));
    return keys;
  }

  private async open(
    tx: Tx,
    rows: readonly KeyRow[],
    needs: ReadonlyMap<string, KeyNeed>,
  ): Promise<Map<string, SubjectKey>> {
    const reasons = await this.reasons(tx, rows, needs);
    const requests = rows.map(({ subject_id, wrapped, epoch }, at) => ({
      keyOwner: subject_id,
      wrapped,
      epoch,
      aad: boundData(subject_id),
      accessEventId: reasons[at] as string,
    }));
    const keys = await this.custody.unwrap(tx, requests);
    return new Map(rows.map(({ subject_id }, at) => [subject_id, usesOf(keys[at] as Uint8Array)]));
  }

  /** The access event of each row: the caller's own, or one that says that the key was opened to append. */
  private async reasons(tx: Tx, rows: readonly KeyRow[], needs: ReadonlyMap<string, KeyNeed>): Promise<string[]> {
    const given = rows.map(({ subject_id }) => needs.get(subject_id)?.accessEventId);
    const without = rows.filter((_, at) => given[at] === undefined);
    const written = await this.keyUseLog.record(
      tx,
      without.map(({ subject_id }) => ({
        act: 'ledger.key-used',
        subjectId: subject_id === INSTANCE_SUBJECT ? null : subject_id,
        actorId: null,
      })),
    );
    return given.map((event) => event ?? (written.shift() as string));
  }
}

function usesOf(key: Uint8Array): SubjectKey {
  return { tagKey: key, openingKey: hmacSha256(key, OPENING_KEY) };
}

/** The owner's id is bound to the wrapping: a key row cannot be moved to another subject. */
function boundData(subjectId: string): Uint8Array {
  return utf8(`aceso/subject-key/v1\0${subjectId}`);
}

async function readKeys(tx: Tx, ids: readonly string[]): Promise<KeyRow[]> {
  if (ids.length === 0) return [];
  return tx.query<KeyRow>(
    'select subject_id, wrapped, epoch from ledger.subject_key where subject_id = any($1::uuid[]) order by subject_id',
    [ids],
  );
}
