import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { FolderBlobStore } from './folder-blob-store';

let folder: string;
let store: FolderBlobStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aceso-blobs-'));
  store = new FolderBlobStore(folder);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (key: string, content: string): ReturnType<FolderBlobStore['put']> =>
  store.put(key, Readable.from([Buffer.from(content)]));

it('gives back what was put, with its size and digest', async () => {
  const stored = await put('orders/1/package.age', 'content');
  expect(stored).toEqual({ bytes: 7, sha256: createHash('sha256').update('content').digest() });
  await expect(text(await store.open('orders/1/package.age'))).resolves.toBe('content');
  await expect(store.stat('orders/1/package.age')).resolves.toMatchObject({ bytes: 7 });
  expect(statSync(join(folder, 'stored/orders/1/package.age')).mode & 0o777).toBe(0o600);
});

it('stores an empty blob, and replaces one as a whole', async () => {
  await expect(put('a', '')).resolves.toMatchObject({ bytes: 0 });
  await expect(text(await store.open('a'))).resolves.toBe('');
  await put('a', 'second');
  await expect(text(await store.open('a'))).resolves.toBe('second');
});

it('keeps nothing of a stream that breaks', async () => {
  const breaking = Readable.from(
    (function* () {
      yield Buffer.from('half');
      throw new Error('connection lost');
    })(),
  );
  await expect(store.put('a', breaking)).rejects.toThrow('connection lost');
  await expect(store.stat('a')).resolves.toBeNull();
  expect(readdirSync(join(folder, 'unfinished'))).toEqual([]);
});

it.each([
  [{ start: 0, end: 0 }, '0'],
  [{ start: 3 }, '3456789'],
  [{ start: 9 }, '9'],
  [{ start: 2, end: 5 }, '2345'],
])('reads the range %j', async (range, expected) => {
  await put('digits', '0123456789');
  await expect(text(await store.open('digits', range))).resolves.toBe(expected);
});

it.each([{ start: 10 }, { start: -1 }, { start: 5, end: 4 }, { start: 0, end: 10 }, { start: 0.5 }])(
  'refuses the range %j',
  async (range) => {
    await put('digits', '0123456789');
    await expect(store.open('digits', range)).rejects.toMatchObject({ code: 'BLOB_RANGE_INVALID' });
  },
);

it.each([
  '',
  '/a',
  'a/',
  '../a',
  'a/../b',
  'a//b',
  '.hidden',
  'A',
  'a\\b',
  'a\0',
  'a/b/c/d/e/f/g/h/i',
  'x'.repeat(129),
])('refuses the key %j', async (key) => {
  await expect(put(key, 'x')).rejects.toMatchObject({ code: 'BLOB_KEY_INVALID' });
  await expect(store.open(key)).rejects.toMatchObject({ code: 'BLOB_KEY_INVALID' });
});

it('deletes, lists by prefix, and tells what is not there', async () => {
  await put('orders/1/a', 'x');
  await put('orders/2/a', 'x');
  await put('uploads/1', 'x');
  const keys: string[] = [];
  for await (const key of store.list('orders/')) keys.push(key);
  expect(keys.sort()).toEqual(['orders/1/a', 'orders/2/a']);
  await expect(store.delete('uploads/1')).resolves.toBe(true);
  await expect(store.delete('uploads/1')).resolves.toBe(false);
  await expect(store.open('uploads/1')).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
  await expect(store.stat('orders')).resolves.toBeNull();
  await expect(store.check()).resolves.toBeUndefined();
});
