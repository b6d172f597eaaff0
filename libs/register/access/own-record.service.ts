import { Injectable } from '@nestjs/common';
import { WardAccess } from '@aceso/identity';
import type { PartyId, PersonId } from '@aceso/kernel';
import { Runtime } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import {
  bundleParts,
  csvParts,
  passes,
  TimelinePage,
  type ExportFormat,
  type ExportPart,
  type RecordFilter,
  type SeenResource,
  type TimelinePlace,
} from '../domain';
import { RecordReader, type OpenTicket, type ReadReason } from '../record-reader';
import { SourceRecordService } from '../source-record.service';
import { viewOf } from './record-view';

/** JSON text of one page of a timeline, bytes; a page with one larger resource holds just that one. */
export const TIMELINE_BYTES_MAX = 4 * 1024 * 1024;

/** Characters of an export that are handed on at once. */
const CHUNK_LENGTH = 64 * 1024;

/** Whose record it is, where it is not the acting patient's own. */
interface OfWard {
  readonly ward?: PartyId | null;
}

/** A page of a timeline that is wanted. */
export interface TimelineWish {
  readonly limit: number;
  readonly after: TimelinePlace | null;
  readonly filter: RecordFilter;
}

/** What a page shows, in the order of the timeline. */
export type ShownPage = Pick<TimelinePage, 'rows' | 'hasMore'>;

/**
 * A patient, or a guardian whose appointment covers reading, reads all that is bound to the patient: such a look is no question of rules,
 * and leaves a trace like any other.
 */
@Injectable()
export class OwnRecordService {
  constructor(
    private readonly wards: WardAccess,
    private readonly reader: RecordReader,
    private readonly records: SourceRecordService,
    private readonly runtime: Runtime,
  ) {}

  /**
   * One page of the patient's whole record, over all providers, with what they took back. Its access event commits first. Reads the
   * whole record.
   */
  async timeline(actor: Actor, { filter, ward = null, ...page }: TimelineWish & OfWard): Promise<ShownPage> {
    const tickets = await this.open(actor, ward, { purpose: 'own' });
    const timeline = timelineOf(page);
    const view = viewOf(this.reader, tickets, ({ category }) => passes(filter, category), { retracted: true });
    for await (const seen of view) timeline.add(seen);
    return timeline;
  }

  /**
   * Everything that holds as one file, as it is read: a file has no mark for what was taken back. Its access event has committed
   * when this returns.
   */
  async export(actor: Actor, format: ExportFormat, { ward = null }: OfWard = {}): Promise<AsyncGenerator<string>> {
    const reason = { act: 'record.exported', purpose: 'export', detail: { format } } as const;
    const tickets = await this.open(actor, ward, reason);
    const parts = format === 'csv' ? csvParts() : bundleParts(this.runtime.uuid(), this.runtime.now());
    return written(
      parts,
      viewOf(this.reader, tickets, () => true),
    );
  }

  private open(
    actor: Actor,
    ward: PartyId | null,
    { detail, ...reason }: Omit<ReadReason, 'actorId' | 'basis'>,
  ): Promise<OpenTicket[]> {
    const wish = { ward, scope: 'read', looksAt: null } as const;
    return this.wards.run(actor, wish, async (tx, { personId, actorId, appointment }) => {
      const items = itemsOf(personId, await this.records.heads(tx, personId));
      // What is opened is opened by whoever reads.
      await tx.actAs(actorId);
      const why =
        appointment === null ? { basis: 'self', detail } : { basis: 'guardian', detail: { ...detail, appointment } };
      return this.reader.prepare(tx, items, {
        ...reason,
        actorId,
        basis: why.basis,
        ...(why.detail && { detail: why.detail }),
      });
    });
  }
}

/** All of these records, up to where they stand. */
export function itemsOf(personId: PersonId, heads: Awaited<ReturnType<SourceRecordService['heads']>>) {
  return heads.map(({ sourceRecordId, sequence }) => ({ sourceRecordId, personId, upToSequence: sequence }));
}

/** A page that is empty as yet. */
export function timelineOf(page: Pick<TimelineWish, 'limit' | 'after'>): TimelinePage {
  return new TimelinePage({ ...page, bytesMax: TIMELINE_BYTES_MAX });
}

/** An export as text in chunks. What breaks off in the middle lacks its end. */
export async function* written(parts: ExportPart, view: AsyncIterable<SeenResource>): AsyncGenerator<string> {
  let chunk = parts.begin;
  let first = true;
  for await (const seen of view) {
    chunk += parts.part(seen, first);
    first = false;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk + parts.end;
}
