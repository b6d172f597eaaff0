import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { assert, fromUtf8, utf8, type Json, type LedgerEntryId } from '@aceso/kernel';
import {
  type Config,
  CONFIG,
  Database,
  hmacSha256,
  KeyCustody,
  openAes256Gcm,
  Runtime,
  sealAes256Gcm,
  sha256,
  type Tx,
} from '@aceso/platform';
import { newestPublication } from './data/block';
import { loadNodes } from './data/hashes';
import type { Reader } from './data/reader';
import {
  commitmentOf,
  encodeEntry,
  encodePayload,
  formatTlogProof,
  formatVerifierKey,
  inclusionRanges,
  KEY_TYPE,
  NONCE_BYTES,
  proofHashes,
  rangeNodes,
  SALT_BYTES,
  subjectTag,
  verifierKey,
  type EntryKind,
  type Opening,
  type VerifierKey,
} from './domain';
import { KeyUseLog } from './key-use-log';
import { INSTANCE_SUBJECT, SubjectKeys, type SubjectKey } from './subject-keys';

/** Rows of one INSERT: four parameters each, far below PostgreSQL's 65,535. */
const ROWS_A_STATEMENT = 1_000;

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

/** What proves that an entry is in the log. */
export interface EntryProof {
  readonly index: bigint;
  /** The entry as logged. */
  readonly entry: Uint8Array;
  /** A `.tlog-proof` against the newest published checkpoint. */
  readonly proof: string;
}

/** A proof and what the entry says; `opening` is null once it was erased. */
export interface Receipt extends EntryProof {
  readonly opening: Opening | null;
}

/** A party that asks for what concerns it or, of a patient, its person. */
export interface Asker {
  readonly partyId: string;
  readonly personId?: string;
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

interface EntryRow {
  readonly index: string;
  readonly bytes: Uint8Array;
  readonly subject_id: string | null;
  readonly sealed: Uint8Array | null;
}

/** The append-only log of this instance: what enters it commits with the act, and can be proven ever after. */
@Injectable()
export class Ledger implements OnApplicationBootstrap {
  private readonly subjectKeys: SubjectKeys;
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
    const [id] = await this.appendMany(tx, [entry]);
    return id as LedgerEntryId;
  }

  /** Appends entries in the acting transaction, in sets; returns their ids in the same order. */
  async appendMany(tx: Tx, entries: readonly LedgerEntryInput[]): Promise<LedgerEntryId[]> {
    const keys = await this.subjectKeys.forAppending(
      tx,
      entries.map(({ subjectId = INSTANCE_SUBJECT, accessEventId }) => ({
        subjectId,
        ...(accessEventId === undefined ? {} : { accessEventId }),
      })),
    );
    const at = new Date(this.runtime.now()).toISOString();
    const ids: LedgerEntryId[] = [];
    for (let from = 0; from < entries.length; from += ROWS_A_STATEMENT) {
      const rows = entries.slice(from, from + ROWS_A_STATEMENT).map((entry) => {
        const key = keys.get(entry.subjectId ?? INSTANCE_SUBJECT) as SubjectKey;
        return this.pendingRow(entry, at, key);
      });
      await insertPending(tx, rows);
      ids.push(...rows.map(({ id }) => id));
    }
    return ids;
  }

  /** Proof of an entry against the newest published checkpoint; null while it is not in there (or does not exist). */
  async proof(id: LedgerEntryId): Promise<EntryProof | null> {
    const reader = this.reader();
    const row = await readEntry(reader, id);
    return row ? this.prove(reader, row) : null;
  }

  /**
   * Proof and opening of an entry for whom it concerns; null while it is not in a published checkpoint. A party opens
   * what concerns it under role api, the instance (no actor) opens its own acts in the worker. Opening is an access
   * event of its own.
   */
  async receipt(id: LedgerEntryId, actorId: string | null = null): Promise<Receipt | null> {
    return this.database.transaction(actorId === null ? 'worker' : 'api', async (tx) => {
      if (actorId !== null) await tx.actAs(actorId);
      const row = await readEntry(tx, id);
      const proof = row ? await this.prove(tx, row) : null;
      if (!row || !proof) return null;
      return { ...proof, opening: await this.open(tx, { ...row, id }, actorId) };
    });
  }

  /** Whether an entry concerns a party: only then may its receipt be opened. Role api. */
  async standingOf(id: LedgerEntryId, { partyId, personId }: Asker): Promise<Standing> {
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(partyId);
      const row = await readEntry(tx, id);
      if (!row) return 'unknown';
      return row.subject_id === partyId || (personId !== undefined && row.subject_id === personId) ? 'own' : 'foreign';
    });
  }

  /** The newest published checkpoint; null before the first. */
  async checkpoint(): Promise<PublishedCheckpoint | null> {
    const publication = await newestPublication(this.reader());
    if (!publication) return null;
    const { size, root, note } = publication;
    return { origin: this.config.origin, size, root, text: note };
  }

  /** Verifier key of this log (signed-note vkey): what belongs into a trust policy. */
  verifierKey(): string {
    const publicKey = (): Uint8Array => this.custody.ledgerPublicKey();
    this.ownKey ??= verifierKey({ name: this.config.origin, type: KEY_TYPE.ed25519, publicKey: publicKey() }, sha256);
    return formatVerifierKey(this.ownKey);
  }

  private pendingRow(entry: LedgerEntryInput, at: string, { tagKey, openingKey }: SubjectKey): PendingRow {
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
    return { id, bytes, subjectId: subjectId ?? INSTANCE_SUBJECT, sealed: sealOpening(opening, openingKey, id) };
  }

  private async prove(reader: Reader, row: EntryRow): Promise<EntryProof | null> {
    const index = BigInt(row.index);
    const publication = await newestPublication(reader);
    if (!publication || index >= publication.size) return null;
    // Always the size that the checkpoint names: the tree has grown since.
    const ranges = inclusionRanges(index, publication.size);
    const source = await loadNodes(reader, ranges.flatMap(rangeNodes), sha256);
    const hashes = proofHashes(ranges, source, sha256);
    return { index, entry: row.bytes, proof: formatTlogProof({ index, hashes, checkpoint: publication.note }) };
  }

  private async open(
    tx: Tx,
    { id, subject_id, sealed }: EntryRow & { id: LedgerEntryId },
    actorId: string | null,
  ): Promise<Opening | null> {
    if (subject_id === null || sealed === null) return null;
    const subjectId = subject_id === INSTANCE_SUBJECT ? null : subject_id;
    const [accessEventId] = await this.keyUseLog.record(tx, [{ act: 'ledger.receipt-opened', subjectId, actorId }]);
    const key = await this.subjectKeys.forReading(tx, {
      subjectId: subject_id,
      accessEventId: accessEventId as string,
    });
    return key && openOpening(sealed, key.openingKey, id);
  }

  private role(): 'api' | 'worker' {
    return this.database.roles.includes('api') ? 'api' : 'worker';
  }

  private reader(): Reader {
    const role = this.role();
    return { query: (sql, params) => this.database.query(role, sql, params) };
  }
}

interface PendingRow {
  readonly id: LedgerEntryId;
  readonly bytes: Uint8Array;
  readonly subjectId: string;
  readonly sealed: Uint8Array;
}

// Multi-VALUES beats unnest here: node-postgres turns bytea arrays into hexadecimal text (transparency-log.md 11).
async function insertPending(tx: Tx, rows: readonly PendingRow[]): Promise<void> {
  const values = rows.map((_, at) => `($${4 * at + 1},$${4 * at + 2},$${4 * at + 3},$${4 * at + 4})`);
  await tx.execute(
    `insert into ledger.pending (id, entry, subject_id, sealed) values ${values.join(',')}`,
    rows.flatMap(({ id, bytes, subjectId, sealed }) => [id, bytes, subjectId, sealed]),
  );
}

async function readEntry(reader: Reader, id: LedgerEntryId): Promise<EntryRow | undefined> {
  const [row] = await reader.query<EntryRow>(
    `select e.index, e.bytes, o.subject_id, o.sealed
     from ledger.entry e left join ledger.opening o on o.index = e.index where e.id = $1`,
    [id],
  );
  return row;
}

/** The entry's id is bound to the seal: an opening cannot be moved to another entry. */
const openingData = (id: LedgerEntryId): Uint8Array => utf8(`aceso/opening/v1\0${id}`);

function sealOpening({ salt, payload }: Opening, openingKey: Uint8Array, id: LedgerEntryId): Uint8Array {
  return sealAes256Gcm(openingKey, Buffer.concat([salt, utf8(payload)]), openingData(id));
}

function openOpening(sealed: Uint8Array, openingKey: Uint8Array, id: LedgerEntryId): Opening {
  const bytes = openAes256Gcm(openingKey, sealed, openingData(id));
  return { salt: bytes.slice(0, SALT_BYTES), payload: fromUtf8(bytes.slice(SALT_BYTES)) };
}
