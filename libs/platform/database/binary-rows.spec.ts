import fc from 'fast-check';
import { binaryRows, type BinaryField } from './binary-rows';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

function encode(rows: readonly (readonly BinaryField[])[]): Buffer {
  const parts: Buffer[] = [SIGNATURE];
  const number = (value: number, bytes: 2 | 4) => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeIntBE(value, 0, bytes);
    parts.push(buffer);
  };
  for (const row of rows) {
    number(row.length, 2);
    for (const field of row) {
      number(field === null ? -1 : field.length, 4);
      if (field !== null) parts.push(field);
    }
  }
  number(-1, 2);
  return Buffer.concat(parts);
}

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const end = at + sizes[turn % sizes.length]!;
    yield bytes.subarray(at, end);
    at = end;
  }
}

async function read(stream: AsyncIterable<Buffer>): Promise<BinaryField[][]> {
  const found: BinaryField[][] = [];
  for await (const rows of binaryRows(stream)) found.push(...rows);
  return found;
}

const field = fc.option(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  { nil: null, freq: 5 },
);

describe('the rows of a binary copy', () => {
  it('are the same wherever the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(field, { maxLength: 4 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        async (rows, sizes) => expect(await read(cut(encode(rows), sizes))).toEqual(rows),
      ),
    );
  });

  it('are nothing else than a binary copy', async () => {
    await expect(read(cut(Buffer.from('slot,day\n1,2\n3,4\n5,6\n'), [50]))).rejects.toThrow('signature');
    await expect(read(cut(Buffer.alloc(0), [1]))).rejects.toThrow('header');
  });
});
