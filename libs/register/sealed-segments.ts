import { assert, type PartyId, type SourceRecordId } from '@aceso/kernel';
import type { Database, DatabaseRole } from '@aceso/platform';
import { newestLines, type NewestLines } from './domain';
import type { SegmentRow } from './segment-texts';

/** Sealed bytes of one fetch, about: memory stays flat however long a record is. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** Which segments, and who reads them. */
export interface SegmentRange {
  readonly sourceRecordId: SourceRecordId;
  readonly upToSequence: number;
  readonly role: DatabaseRole;
  /** The party whose opening the database asks for under role api. */
  readonly actorId: PartyId | null;
}

interface VersionsRow {
  readonly sequence: number;
  readonly versions: Uint8Array;
}

/** Fetches sealed segments: the worker from the table, role api through functions that ask for an opening of the acting party. */
export class SealedSegments {
  constructor(private readonly database: Database) {}

  /** In the order of the chain. */
  async *segments({ sourceRecordId, upToSequence, role, actorId }: SegmentRange): AsyncGenerator<SegmentRow> {
    for (let after = 0; after < upToSequence;) {
      const params = [sourceRecordId, after, upToSequence, PAGE_BYTES];
      const rows = await (role === 'api'
        ? this.asActor<SegmentRow>(actorId, 'select * from register.opened_segments($1, $2, $3, $4)', params)
        : this.database.query<SegmentRow>(role, PAGE, params));
      const last = rows.at(-1);
      if (last === undefined) return;
      yield* rows;
      after = last.sequence;
    }
  }

  /** Lines of each segment that hold the newest version of something, judged over the whole record from its end. */
  async newest(range: SegmentRange): Promise<Map<number, NewestLines>> {
    const { role, sourceRecordId, upToSequence } = range;
    const rows =
      role === 'api'
        ? this.openedVersions(range)
        : this.database.stream<VersionsRow>(role, VERSIONS, [sourceRecordId, upToSequence]);
    const newest = new Map<number, NewestLines>();
    const seen = new Set<string>();
    for await (const { sequence, versions } of rows) newest.set(sequence, newestLines(versions, seen));
    return newest;
  }

  private async *openedVersions({ sourceRecordId, upToSequence, actorId }: SegmentRange): AsyncGenerator<VersionsRow> {
    for (let below = upToSequence + 1; below > 1;) {
      const params = [sourceRecordId, below, PAGE_BYTES];
      const rows = await this.asActor<VersionsRow>(
        actorId,
        'select * from register.opened_versions($1, $2, $3)',
        params,
      );
      const last = rows.at(-1);
      if (last === undefined) return;
      yield* rows;
      below = last.sequence;
    }
  }

  private asActor<Row>(actorId: PartyId | null, sql: string, params: readonly unknown[]): Promise<Row[]> {
    assert(actorId !== null, 'under role api a party reads');
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(actorId);
      return tx.query<Row>(sql, params);
    });
  }
}

// The first segment of a page always comes; further ones as long as the page stays small.
const PAGE = `
select sequence, digest, header, sealed, key_wrapped, versions from (
  select *, sum(octet_length(sealed)) over (order by sequence) - octet_length(sealed) as before
  from (select * from register.segment where source_record_id = $1 and sequence > $2 and sequence <= $3
        order by sequence limit 64) page) sized
where before < $4 order by sequence`;

const VERSIONS = `
select sequence, versions from register.segment
 where source_record_id = $1 and sequence <= $2 order by sequence desc`;
