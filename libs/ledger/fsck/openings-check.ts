import { bytesEqual } from '@aceso/kernel';
import {
  hmacSha256,
  PlatformError,
  sha256,
  type Database,
  type KeyCustody,
  type Runtime,
  type Tx,
} from '@aceso/platform';
import type { EntryRow } from '../data/entry';
import { decodeEntry, LedgerError, subjectTag, verifyOpening, type CommittedEntry, type Opening } from '../domain';
import type { KeyUseLog } from '../key-use-log';
import { openOpening } from '../sealed-opening';
import { INSTANCE_SUBJECT, SubjectKeys, type SubjectKey } from '../subject-keys';
import type { FsckCheck, FsckFinding } from './check';
import { compareErasures } from './erasure-check';

/** Openings of one transaction: their plain text is in memory no longer. */
const OPENINGS_A_PAGE = 1_000;

/** What opening takes. Keys are unwrapped, so every subject whose openings are looked at gets an access event. */
export interface OpeningsCheckParts {
  readonly database: Database;
  readonly custody: KeyCustody;
  readonly runtime: Runtime;
  readonly keyUseLog: KeyUseLog;
  /** Compares what was opened with what another context stores; called with each page. */
  readonly compare?: (tx: Tx, opened: readonly OpenedEntry[]) => Promise<FsckFinding[]>;
}

/** An entry together with what it says. */
export interface OpenedEntry {
  readonly index: bigint;
  readonly subjectId: string;
  /** Canonical JSON. */
  readonly payload: string;
}

type OpeningRow = EntryRow & { readonly subject_id: string; readonly sealed: Uint8Array };

/** Where sealed openings stand; `sql` reads a page behind a subject and a place. */
interface Source {
  readonly table: string;
  readonly place: string;
  readonly sql: string;
}

const LOGGED: Source = {
  table: 'ledger.opening',
  place: 'index',
  sql: `select e.index, e.id, e.bytes, o.subject_id, o.sealed
    from ledger.opening o join ledger.entry e on e.index = o.index and e.id is not null
    where (o.subject_id, o.index) > ($1, $2) order by o.subject_id, o.index limit ${OPENINGS_A_PAGE}`,
};

/** Entries on their way into the log; those of erased subjects will come without an opening, and have no key any more. */
const WAITING: Source = {
  table: 'ledger.pending',
  place: 'seq',
  sql: `select p.seq as index, p.id, p.entry as bytes, p.subject_id, p.sealed from ledger.pending p
    where (p.subject_id, p.seq) > ($1, $2)
      and not exists (select from ledger.erased_subject x where x.subject_id = p.subject_id)
    order by p.subject_id, p.seq limit ${OPENINGS_A_PAGE}`,
};

/**
 * Opens every opening with its subject's key and compares it with the commitment in the log, and the tag with the subject:
 * an opening, an id or a key that was touched shows, although none of them is in the tree; so does an entry on its way. Not in the caller's snapshot:
 * it writes access events.
 */
export function openingsCheck(parts: OpeningsCheckParts): FsckCheck {
  return { name: 'openings', run: () => new OpeningsWalk(parts).run() };
}

class OpeningsWalk {
  private readonly keys: SubjectKeys;
  /** The key of the subject at hand: its openings may fill many pages, and one event is enough. */
  private last: { subjectId: string; key: SubjectKey | undefined } | undefined;

  constructor(private readonly parts: OpeningsCheckParts) {
    this.keys = new SubjectKeys(parts.custody, parts.runtime, parts.keyUseLog);
  }

  async *run(): AsyncGenerator<FsckFinding> {
    for (const source of [LOGGED, WAITING]) {
      let after: Pick<OpeningRow, 'subject_id' | 'index'> = { subject_id: INSTANCE_SUBJECT, index: '-1' };
      for (;;) {
        const { rows, findings } = await this.page(source, after);
        yield* findings;
        if (rows.length < OPENINGS_A_PAGE) break;
        after = rows.at(-1) as OpeningRow;
      }
    }
  }

  /** One page: what stands in it and the keys are of one moment, so an erasure in between looks like nothing at all. */
  private page(
    { table, place, sql }: Source,
    after: Pick<OpeningRow, 'subject_id' | 'index'>,
  ): Promise<{ rows: OpeningRow[]; findings: FsckFinding[] }> {
    return this.parts.database.transaction(
      'worker',
      async (tx) => {
        const rows = await tx.query<OpeningRow>(sql, [after.subject_id, after.index]);
        const findings: FsckFinding[] = [];
        const keys = await this.keysOf(tx, rows, findings);
        const opened = rows.flatMap((row) => {
          const result = open(row, keys.get(row.subject_id));
          if ('opening' in result) return [toOpened(row, result.opening)];
          findings.push({ table, key: `${place} ${row.index}`, problem: result.problem });
          return [];
        });
        if (table === 'ledger.opening') {
          findings.push(...(await compareErasures(tx, opened)), ...((await this.parts.compare?.(tx, opened)) ?? []));
        }
        return { rows, findings };
      },
      { isolation: 'REPEATABLE READ' },
    );
  }

  private async keysOf(
    tx: Tx,
    rows: readonly OpeningRow[],
    findings: FsckFinding[],
  ): Promise<ReadonlyMap<string, SubjectKey>> {
    const keys = new Map<string, SubjectKey>();
    for (const subjectId of new Set(rows.map(({ subject_id }) => subject_id))) {
      const known = this.last?.subjectId === subjectId ? this.last.key : await this.keyOf(tx, subjectId, findings);
      this.last = { subjectId, key: known };
      if (known) keys.set(subjectId, known);
    }
    return keys;
  }

  private async keyOf(tx: Tx, subjectId: string, findings: FsckFinding[]): Promise<SubjectKey | undefined> {
    const owner = subjectId === INSTANCE_SUBJECT ? null : subjectId;
    const [event] = await this.parts.keyUseLog.record(tx, [
      { act: 'ledger.openings-checked', subjectId: owner, actorId: null },
    ]);
    const problem = await this.keys.forReading(tx, [{ subjectId, accessEventId: event as string }]).then(
      (keys) => keys.get(subjectId) ?? 'is missing, although openings are sealed under it',
      (error: unknown) => {
        if (error instanceof PlatformError) return `cannot be unwrapped: ${error.message}`;
        throw error;
      },
    );
    if (typeof problem !== 'string') return problem;
    findings.push({ table: 'ledger.subject_key', key: `subject ${subjectId}`, problem });
    return undefined;
  }
}

function toOpened({ index, subject_id: subjectId }: OpeningRow, { payload }: Opening): OpenedEntry {
  return { index: BigInt(index), subjectId, payload };
}

function open(row: OpeningRow, key: SubjectKey | undefined): { opening: Opening } | { problem: string } {
  if (!key) return { problem: 'has no key that opens it' };
  let opening: Opening;
  try {
    opening = openOpening(row.sealed, key.openingKey, row.id);
  } catch {
    return { problem: 'is not what was sealed for this entry and subject' };
  }
  try {
    const entry = decodeEntry(row.bytes) as CommittedEntry;
    verifyOpening(opening, entry.commitment, sha256);
    const tagged = row.subject_id === INSTANCE_SUBJECT || isTagged(entry, key);
    return tagged ? { opening } : { problem: 'opens an entry that is tagged for another subject' };
  } catch (error) {
    if (error instanceof LedgerError) return { problem: 'does not give the commitment of its entry' };
    throw error;
  }
}

function isTagged({ subjectTag: tag, nonce }: CommittedEntry, { tagKey }: SubjectKey): boolean {
  return bytesEqual(tag, subjectTag(tagKey, nonce, hmacSha256));
}
