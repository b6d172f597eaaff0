import { base64, bytesEqual } from '@aceso/kernel';
import { hmacSha256, sha256, type Tx } from '@aceso/platform';
import type { Reader } from '../data/reader';
import { erasedSubjects, HASH_BYTES, treeRoot } from '../domain';
import type { FsckCheck, FsckContext, FsckFinding } from './check';
import type { OpenedEntry } from './openings-check';
import { firstOf } from './row-checks';

/** Lists of one read; each has a hash for every opening that went. */
const LISTS_A_PAGE = 16;

/** Erasures that the log does not tell of or whose list was touched, and what came back after one. */
export const erasureCheck: FsckCheck = {
  name: 'erasures',
  async *run({ reader }: FsckContext): AsyncGenerator<FsckFinding> {
    yield* firstOf(
      reader,
      { table: 'ledger.erasure', problem: 'has no erasure entry in the log' },
      `select 'id ' || x.id as key from ledger.erasure x
       where not exists (select from ledger.entry e where e.id = x.entry_id and substring(e.bytes for 2) = '\\x0106')
         and not exists (select from ledger.pending p where p.id = x.entry_id and substring(p.entry for 2) = '\\x0106')
       order by x.erased_at, x.id limit 1`,
    );
    yield* wrongLists(reader);
    yield* firstOf(
      reader,
      { table: 'ledger.subject_key', problem: 'is there again, although its subject was erased' },
      `select 'subject ' || k.subject_id as key from ledger.subject_key k
       join ledger.erased_subject x on x.subject_id = k.subject_id order by k.subject_id limit 1`,
    );
    yield* firstOf(
      reader,
      { table: 'ledger.opening', problem: 'is there again, although its subject was erased' },
      // From the few who were erased to their openings: a join with a limit would walk over every opening of the log.
      `select 'index ' || o.index as key from ledger.erased_subject x
       cross join lateral (
         select index from ledger.opening where subject_id = x.subject_id order by index limit 1
       ) o order by o.index limit 1`,
    );
  },
};

/** Lists whose root is not that of their leaves. */
async function* wrongLists(reader: Reader): AsyncGenerator<FsckFinding> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows = await reader.query<{ id: string; leaves: Uint8Array; root: Uint8Array }>(
      `select id, leaves, root from ledger.erasure where id > $1 order by id limit ${LISTS_A_PAGE}`,
      [after],
    );
    const wrong = rows.find(({ leaves, root }) => !bytesEqual(treeRoot(hashesOf(leaves), sha256), root));
    if (wrong) {
      return yield { table: 'ledger.erasure', key: `id ${wrong.id}`, problem: 'its root is not that of its leaves' };
    }
    if (rows.length < LISTS_A_PAGE) return;
    after = (rows.at(-1) as { id: string }).id;
  }
}

function hashesOf(leaves: Uint8Array): Uint8Array[] {
  return Array.from({ length: leaves.length / HASH_BYTES }, (_, at) =>
    leaves.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  );
}

interface ErasurePayload {
  readonly code: string;
  readonly erasure: string;
  readonly entries: number;
  readonly root: string;
  readonly seed: string;
  readonly subjects: string;
  readonly openUntil: string;
}

/** Compares what the entries of erasures committed to with the rows of these erasures, and with whom they erased. */
export async function compareErasures(tx: Tx, opened: readonly OpenedEntry[]): Promise<FsckFinding[]> {
  const findings: FsckFinding[] = [];
  for (const { index, payload } of opened) {
    const said = JSON.parse(payload) as ErasurePayload;
    if (said.code !== 'erasure.executed') continue;
    const { erasure: id } = said;
    const [row] = await tx.query<{ fits: boolean; subjects: string[] }>(
      `select e.root = decode($3, 'base64') and octet_length(e.leaves) = $4 and e.open_until = $5::date
         and exists (select from ledger.entry l where l.index = $2 and l.id = e.entry_id) as fits,
         array(select s.subject_id::text from ledger.erased_subject s
           where s.erasure_id = e.id and s.subject_id <> e.id) as subjects
       from ledger.erasure e where e.id = $1`,
      [id, index, said.root, said.entries * HASH_BYTES, said.openUntil],
    );
    if (!row?.fits) {
      const problem = row ? 'is not what the log committed to' : 'is missing, although the log tells of it';
      findings.push({ table: 'ledger.erasure', key: `id ${id}`, problem });
    } else if (base64.encode(erasedSubjects(row.subjects, base64.decode(said.seed), hmacSha256)) !== said.subjects) {
      const problem = 'does not name those whom the log committed to';
      findings.push({ table: 'ledger.erased_subject', key: `erasure ${id}`, problem });
    }
  }
  return findings;
}
