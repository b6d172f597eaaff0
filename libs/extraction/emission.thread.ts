import type { FhirResource } from '@aceso/fhir';
import { serveJobs, type Answer } from '@aceso/platform/threads';
import type { ReadRecord } from '@aceso/register';
import { compileSale, type EmittedSale } from './emitted-sale';
import { PLACE_NUMBERS, type EmittedTexts, type PersonTask } from './emission-threads';
import { HeldRows } from './held-rows';
import { emitPerson } from './person-emission';
import { rowTexts, type RowText } from './row-texts';

/** A thread that de-identifies persons of sales: it is given bytes and gives bytes back. */
serveJobs<EmittedSale, PersonTask, EmittedTexts>((shared) => {
  const sale = compileSale(shared);
  return (task) => emitted(sale, task);
});

async function emitted(
  sale: ReturnType<typeof compileSale>,
  { person, text, records, places }: PersonTask,
): Promise<Answer<EmittedTexts>> {
  // Buffer decodes short texts several times faster than a TextDecoder does.
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.length);
  const entries: ReadRecord[] = [];
  let start = 0;
  for (let at = 0; at < places.length; at += PLACE_NUMBERS) {
    const [sequence, line, end] = [places[at + 1]!, places[at + 2]!, places[at + 3]!];
    const position = { sourceRecordId: records[places[at]!]!, sequence, line };
    const resource = JSON.parse(bytes.toString('utf8', start, end)) as FhirResource;
    entries.push({ resource, position, bytes: end - start });
    start = end;
  }
  const { codes, rows } = await emitPerson(sale, person, { entries: () => entries, sorted: new HeldRows() });
  const texts: RowText[] = [];
  for await (const piece of rowTexts(rows)) texts.push(piece);
  const transfer = texts.map((piece) => piece.text.buffer as ArrayBuffer);
  return { result: { codes: [...codes], texts }, transfer };
}
