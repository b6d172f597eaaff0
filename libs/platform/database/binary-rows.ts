import { assert } from '@aceso/kernel';

/** One column of a row in PostgreSQL's binary COPY format (manual, COPY, "Binary Format"); null is SQL null. */
export type BinaryField = Buffer | null;

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Signature, flags, length of the extension of the header. */
const HEADER_BYTES = SIGNATURE.length + 8;

/**
 * The rows of `COPY … TO STDOUT (FORMAT binary)`, as many at once as a chunk of the stream completes. Fields are views into
 * what was received: whoever keeps one copies it.
 */
export async function* binaryRows(stream: AsyncIterable<Buffer>): AsyncGenerator<BinaryField[][]> {
  let held: Buffer[] = [];
  let size = 0;
  let needed = HEADER_BYTES;
  let begun = false;
  for await (const chunk of stream) {
    held.push(chunk);
    size += chunk.length;
    // A long field comes in many chunks: they are joined once, when all of it is there.
    if (size < needed) continue;
    const bytes = held.length === 1 ? chunk : Buffer.concat(held, size);
    let at = 0;
    if (!begun) {
      assert(bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE), 'a binary copy begins with its signature');
      at = HEADER_BYTES + bytes.readInt32BE(SIGNATURE.length + 4);
      begun = true;
    }
    const rows: BinaryField[][] = [];
    let row = rowAt(bytes, at);
    for (; row.fields !== undefined; row = rowAt(bytes, at)) {
      rows.push(row.fields);
      at = row.end;
    }
    if (rows.length > 0) yield rows;
    held = [bytes.subarray(at)];
    size = bytes.length - at;
    needed = row.end - at;
  }
  assert(begun, 'a binary copy has a header');
}

/** The row that begins at a place; without fields where it is not there as a whole, and `end` is where it would have to be known to. */
function rowAt(bytes: Buffer, start: number): { readonly fields?: BinaryField[]; readonly end: number } {
  if (bytes.length < start + 2) return { end: start + 2 };
  const count = bytes.readInt16BE(start);
  if (count === -1) return { end: Infinity }; // the trailer
  const fields: BinaryField[] = [];
  let at = start + 2;
  for (let field = 0; field < count; field += 1) {
    if (bytes.length < at + 4) return { end: at + 4 };
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length === -1) {
      fields.push(null);
      continue;
    }
    if (bytes.length < at + length) return { end: at + length };
    fields.push(bytes.subarray(at, at + length));
    at += length;
  }
  return { fields, end: at };
}
