import { assert, type PartyId, type SourceRecordId } from '@aceso/kernel';
import type { Database, DatabaseRole } from '@aceso/platform';
import { LaterVersions, newestLines, type MarkedLines, type NewestLines } from './domain';
import type { SegmentRow } from './segment-texts';

/** Sealed bytes of one fetch, about: memory stays flat however long a record is. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** More than any number of a segment. */
const END = 2 ** 31 - 2;

/** Which segments, and who reads them. */
export interface SegmentRange {
  readonly sourceRecordId: SourceRecordId;
  readonly upToSequence: number;
  readonly role: DatabaseRole;
  /** The party whose opening the database asks for under role api. */
  readonly actorId: PartyId | null;
}

interface MarksRow {
  readonly sequence: number;
  readonly lines: readonly number[];
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

  /**
   * What the lines of each segment hold, judged over the whole record from its end. What a provider took back after the range
   * counts as taken back in it: a grant covers what stood at its signing, and nobody agreed to errors.
   */
  async newest(range: SegmentRange): Promise<Map<number, NewestLines>> {
    const { upToSequence } = range;
    const marks = await this.marks(range);
    const lists = new Map<number, NewestLines>();
    if (marks.size === 0 && upToSequence === 1) return lists;
    const isMarkedBeyond = [...marks.keys()].some((sequence) => sequence > upToSequence);
    const beyond = new LaterVersions();
    let within: LaterVersions | undefined;
    for await (const { sequence, versions } of this.versions(
      isMarkedBeyond ? { ...range, upToSequence: END } : range,
    )) {
      if (sequence > upToSequence) newestLines(versions, beyond, marks.get(sequence));
      else {
        within ??= new LaterVersions(beyond.retracted);
        lists.set(sequence, newestLines(versions, within, marks.get(sequence)));
      }
    }
    return lists;
  }

  private versions(range: SegmentRange): AsyncIterable<VersionsRow> {
    const { role, sourceRecordId, upToSequence } = range;
    if (role === 'api') return this.openedVersions(range);
    return this.database.stream<VersionsRow>(role, VERSIONS, [sourceRecordId, upToSequence]);
  }

  /** By segment, also of later ones than are asked for. */
  private async marks({ role, sourceRecordId, actorId }: SegmentRange): Promise<ReadonlyMap<number, MarkedLines>> {
    const rows = await (role === 'api'
      ? this.asActor<MarksRow>(actorId, 'select * from register.opened_retractions($1)', [sourceRecordId])
      : this.database.query<MarksRow>(role, MARKS, [sourceRecordId]));
    return new Map(rows.map(({ sequence, lines }) => [sequence, new Set(lines)]));
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

const MARKS = `
select sequence, array_agg(line) as lines from register.retracted_line where source_record_id = $1 group by sequence`;
