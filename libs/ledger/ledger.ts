import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { assert, type Json, type LedgerEntryId } from '@aceso/kernel';
import { type Config, CONFIG, Database, hmacSha256, KeyCustody, Runtime, sha256, type Tx } from '@aceso/platform';
import { newestFinalAnchor, type AnchorRow } from './data/anchor';
import { newestPublication, type Publication } from './data/block';
import {
  insertPending,
  readEntry,
  readEntryAt,
  readLogged,
  readOwnEntries,
  type EntryRow,
  type LoggedRow,
  type PendingRow,
} from './data/entry';
import type { Reader } from './data/reader';
import {
  commitmentOf,
  encodeEntry,
  encodePayload,
  formatVerifierKey,
  KEY_TYPE,
  NONCE_BYTES,
  SALT_BYTES,
  subjectTag,
  verifierKey,
  type EntryKind,
  type Opening,
  type VerifierKey,
} from './domain';
import { EntryProver, type EntryProof } from './entry-proof';
import { KeyUseLog } from './key-use-log';
import { openOpening, sealOpening } from './sealed-opening';
import { INSTANCE_SUBJECT, SubjectKeys, type SubjectKey } from './subject-keys';

/** An act that enters the log. */
export interface LedgerEntryInput {
  readonly kind: EntryKind;
  /** The real code (`consent.granted`): it stands inside the commitment only. */
  readonly code: string;
  /** What else is committed to; canonical JSON of `{...payload, code, at}`. */
  readonly payload?: { readonly [name: string]: Json | undefined };
  /** UUID whose key seals the opening: person, source record, party or order. Without it the instance's own. */
  readonly subjectId?: string;
  /** The access event of this very act, if there is one: it then also is the reason for opening the subject's key. */
  readonly accessEventId?: string;
}

/** A proof and what the entry says; `opening` is null once it was erased, and where nobody asked for it. */
export interface Receipt extends EntryProof {
  readonly opening: Opening | null;
}

/** Whether an entry concerns the one who asks: `unknown` while it is not in the log, `foreign` also once it was erased. */
export type Standing = 'own' | 'foreign' | 'unknown';

/** The newest published checkpoint. */
export interface PublishedCheckpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
  readonly text: string;
}

/** The append-only log of this instance: what enters it commits with the act, and can be proven ever after. */
@Injectable()
export class Ledger implements OnApplicationBootstrap {
  private readonly subjectKeys: SubjectKeys;
  private readonly prover = new EntryProver();
  private ownKey: VerifierKey | undefined;

  constructor(
    private readonly database: Database,
    private readonly runtime: Runtime,
    private readonly custody: KeyCustody,
    @Inject(CONFIG) private readonly config: Pick<Config, 'origin'>,
    private readonly keyUseLog: KeyUseLog,
  ) {
    this.subjectKeys = new SubjectKeys(custody, runtime, keyUseLog);
  }

  /** Name of this log. */
  get origin(): string {
    return this.config.origin;
  }

  /** Makes the instance's own key before the first act needs it: two acts would otherwise wait for each other. */
  async onApplicationBootstrap(): Promise<void> {
    await this.database.transaction(this.role(), (tx) =>
      this.subjectKeys.forAppending(tx, [{ subjectId: INSTANCE_SUBJECT }]),
    );
  }

  /** Appends one entry in the acting transaction; it is in the log some time after the commit. */
  async append(tx: Tx, entry: LedgerEntryInput): Promise<LedgerEntryId> {
    return (await this.appendShown(tx, entry)).id;
  }

  /** The same, and what opens the entry: for an act of many, each of whom keeps its own receipt. */
  async appendShown(tx: Tx, entry: LedgerEntryInput): Promise<{ id: LedgerEntryId; opening: Opening }> {
    const [appended] = await this.appendAll(tx, [entry]);
    assert(appended, 'one entry was appended');
    return appended;
  }

  /** Appends entries in the acting transaction, in sets; returns their ids in the same order. */
  async appendMany(tx: Tx, entries: readonly LedgerEntryInput[]): Promise<LedgerEntryId[]> {
    return (await this.appendAll(tx, entries)).map(({ id }) => id);
  }

  /** Proof of an entry against the newest published checkpoint; null while it is not in there (or does not exist). */
  async proof(id: LedgerEntryId): Promise<EntryProof | null> {
    const reader = this.reader();
    const [row, publication] = await Promise.all([readLogged(reader, id), newestPublication(reader)]);
    return row ? this.prove(reader, row, publication) : null;
  }

  /**
   * Proof and opening of an entry for whom it concerns; null while it is not in a published checkpoint. A party opens
   * what concerns it under role api, the instance (no actor) opens its own acts in the worker. Opening is an access
   * event of its own.
   */
  async receipt(
    id: LedgerEntryId,
    actorId: string | null = null,
    ofPartyId: string | null = actorId,
  ): Promise<Receipt | null> {
    return this.database.transaction(actorId === null ? 'worker' : 'api', async (tx) => {
      if (ofPartyId !== null) await tx.actAs(ofPartyId);
      const row = await readEntry(tx, id);
      const proof = row ? await this.prove(tx, row, await newestPublication(tx)) : null;
      if (!row || !proof) return null;
      const [opening = null] = await this.open(tx, [row], actorId);
      return { ...proof, opening };
    });
  }

  /**
   * Receipts of what concerns a party, newest first, of all entries before an index. They are opened only if wanted:
   * each is an access event then. One more than `limit`, never opened, tells that there are more. Role api.
   */
  async ownReceipts(
    partyId: string,
    page: { readonly limit: number; readonly before?: bigint; readonly opened: boolean },
  ): Promise<Receipt[]> {
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(partyId);
      const publication = await newestPublication(tx);
      if (!publication) return [];
      const { before = publication.size, limit, opened } = page;
      const end = before < publication.size ? before : publication.size;
      const rows = await readOwnEntries(tx, { before: end, limit: limit + 1 });
      const proofs = await this.prover.proveAll(tx, rows, publication);
      const openings = opened ? await this.open(tx, rows.slice(0, limit), partyId) : [];
      return proofs.map((proof, at) => ({ ...proof, opening: openings[at] ?? null }));
    });
  }

  /**
   * For whoever shows an entry with its opening, and so holds its receipt: a new proof, and whether the opening was
   * erased here. Null where no such entry is in a published checkpoint. Role api.
   */
  async heldReceipt(index: bigint, entry: Uint8Array): Promise<(EntryProof & { readonly erased: boolean }) | null> {
    return this.database.transaction('api', async (tx) => {
      await tx.query(`select set_config('aceso.held_entry', $1, true)`, [String(index)]);
      const row = await readEntryAt(tx, index, entry);
      const proof = row ? await this.prove(tx, row, await newestPublication(tx)) : null;
      return row && proof ? { ...proof, erased: row.sealed === null } : null;
    });
  }

  /** Whether an entry concerns a party: only then may its receipt be opened. Role api. */
  async standingOf(id: LedgerEntryId, partyId: string): Promise<Standing> {
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(partyId);
      const row = await readEntry(tx, id);
      if (!row) return 'unknown';
      // The row policies of ledger.opening say what concerns whom; a row that does not show is another's, or erased.
      return row.sealed === null ? 'foreign' : 'own';
    });
  }

  /** The newest published checkpoint; null before the first. */
  async checkpoint(): Promise<PublishedCheckpoint | null> {
    const publication = await newestPublication(this.reader());
    if (!publication) return null;
    const { size, root, note } = publication;
    return { origin: this.config.origin, size, root, text: note };
  }

  /** The newest checkpoint that a chain will not take back; undefined before the first. */
  finalAnchor(): Promise<AnchorRow | undefined> {
    return newestFinalAnchor(this.reader());
  }

  /** Verifier key of this log (signed-note vkey): what belongs into a trust policy. */
  verifierKey(): string {
    const publicKey = (): Uint8Array => this.custody.ledgerPublicKey();
    this.ownKey ??= verifierKey({ name: this.config.origin, type: KEY_TYPE.ed25519, publicKey: publicKey() }, sha256);
    return formatVerifierKey(this.ownKey);
  }

  /** Forgets keys that were erased; other processes may remember them for some minutes, and their openings are dropped. */
  forgetKeys(subjectIds: readonly string[]): void {
    this.subjectKeys.forget(subjectIds);
  }

  private async appendAll(
    tx: Tx,
    entries: readonly LedgerEntryInput[],
  ): Promise<{ id: LedgerEntryId; opening: Opening }[]> {
    const keys = await this.subjectKeys.forAppending(
      tx,
      entries.map(({ subjectId = INSTANCE_SUBJECT, accessEventId }) => ({
        subjectId,
        ...(accessEventId === undefined ? {} : { accessEventId }),
      })),
    );
    const at = new Date(this.runtime.now()).toISOString();
    const made = entries.map((entry) =>
      this.pendingRow(entry, at, keys.get(entry.subjectId ?? INSTANCE_SUBJECT) as SubjectKey),
    );
    await insertPending(tx, made);
    return made;
  }

  private pendingRow(
    entry: LedgerEntryInput,
    at: string,
    { tagKey, openingKey }: SubjectKey,
  ): PendingRow & { opening: Opening } {
    const { kind, code, payload = {}, subjectId } = entry;
    assert(!('code' in payload) && !('at' in payload), "code and at of a payload are the ledger's to set");
    const id = this.runtime.uuid() as LedgerEntryId;
    const random = this.runtime.randomBytes(SALT_BYTES + NONCE_BYTES);
    const opening = { salt: random.subarray(0, SALT_BYTES), payload: encodePayload({ ...payload, code, at }) };
    const nonce = random.subarray(SALT_BYTES);
    const bytes = encodeEntry({
      kind,
      nonce,
      commitment: commitmentOf(opening, sha256),
      // 12.1: random where there is nobody to whom entries could be linked.
      subjectTag: subjectId === undefined ? this.runtime.randomBytes(32) : subjectTag(tagKey, nonce, hmacSha256),
    });
    const sealed = sealOpening(opening, openingKey, id);
    return { id, bytes, subjectId: subjectId ?? INSTANCE_SUBJECT, sealed, opening };
  }

  private async prove(
    reader: Reader,
    row: LoggedRow,
    publication: Publication | undefined,
  ): Promise<EntryProof | null> {
    if (!publication || BigInt(row.index) >= publication.size) return null;
    const [proof] = await this.prover.proveAll(reader, [row], publication);
    return proof as EntryProof;
  }

  /** Opens what may be opened of these entries, with one access event each; null for the others. */
  private async open(tx: Tx, rows: readonly EntryRow[], actorId: string | null): Promise<(Opening | null)[]> {
    const openable = rows.filter(({ sealed }) => sealed !== null) as (EntryRow & { subject_id: string })[];
    const events = await this.keyUseLog.record(
      tx,
      openable.map(({ subject_id: id }) => ({
        act: 'ledger.receipt-opened',
        subjectId: id === INSTANCE_SUBJECT ? null : id,
        actorId,
      })),
    );
    const keys = await this.subjectKeys.forReading(
      tx,
      openable.map(({ subject_id: subjectId }, at) => ({ subjectId, accessEventId: events[at] as string })),
    );
    return rows.map(({ id, subject_id, sealed }) => {
      const key = keys.get(subject_id ?? '');
      return key && sealed ? openOpening(sealed, key.openingKey, id) : null;
    });
  }

  private role(): 'api' | 'worker' {
    return this.database.roles.includes('api') ? 'api' : 'worker';
  }

  private reader(): Reader {
    const role = this.role();
    return { query: (sql, params) => this.database.query(role, sql, params) };
  }
}
