import { categoryOf } from '@aceso/consent/domain';
import { isEnteredInError, type SeenResource } from '../domain';
import type { OpenTicket, RecordReader } from '../record-reader';

/** Which resources somebody may see. */
export type Keeps = (seen: SeenResource) => boolean;

/**
 * The resources of opened records that `keeps` lets through, a segment in memory at a time; what was entered in error is left
 * out. Nothing reaches a person but through here: the patient's own look keeps everything, everybody else's asks the rules.
 */
export async function* viewOf(
  reader: RecordReader,
  tickets: readonly OpenTicket[],
  keeps: Keeps,
): AsyncGenerator<SeenResource> {
  for (const ticket of tickets) {
    for await (const { resource, position, bytes } of reader.read(ticket)) {
      if (isEnteredInError(resource)) continue;
      const { sourceRecordId } = position;
      const seen = { resource, category: categoryOf(resource, ticket.providerId), sourceRecordId, bytes };
      if (keeps(seen)) yield seen;
    }
  }
}
