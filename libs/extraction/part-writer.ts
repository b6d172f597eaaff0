import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { assert, utf8 } from '@aceso/kernel';
import type { BlobStore, StoredBlob } from '@aceso/platform';
import type { PartFile } from './data/shard.store';
import type { RowText } from './row-texts';

interface Part {
  readonly blobKey: string;
  readonly stream: PassThrough;
  readonly stored: Promise<StoredBlob>;
  rows: number;
}

/**
 * Writes the part files of one shard, one a resource type, as they come. A part exists under its key only when it is
 * complete and flushed; memory holds what the disk has not taken yet.
 */
export class PartWriter {
  readonly #parts = new Map<string, Part>();

  /** `prefix` is a blob key of this attempt, shard and fencing token: nobody else writes below it. */
  constructor(
    private readonly blobs: BlobStore,
    private readonly prefix: string,
  ) {}

  /** Appends rows (JSON texts without newlines) of one resource type. */
  async write(resourceType: string, rows: readonly string[]): Promise<void> {
    if (rows.length > 0) await this.append({ resourceType, rows: rows.length, text: utf8(`${rows.join('\n')}\n`) });
  }

  /** Appends rows of one resource type that are lines already. */
  async append({ resourceType, rows, text }: RowText): Promise<void> {
    const part = this.#partOf(resourceType);
    part.rows += rows;
    if (part.stream.write(text)) return;
    // A store that fails ends the stream without draining it: its own error is the one to tell.
    await Promise.race([once(part.stream, 'drain'), part.stored]);
  }

  /** Waits until every part is durable. */
  async finish(): Promise<readonly PartFile[]> {
    for (const { stream } of this.#parts.values()) stream.end();
    await Promise.all([...this.#parts.values()].map((part) => part.stored));
    return [...this.#parts]
      .map(([resourceType, { blobKey, rows }]) => ({ resourceType, blobKey, rows }))
      .sort((a, b) => (a.resourceType < b.resourceType ? -1 : 1));
  }

  /** Gives up: nothing of this shard's parts stays visible. */
  async abandon(): Promise<void> {
    for (const { stream } of this.#parts.values()) stream.destroy(new Error('the shard was given up'));
    await Promise.allSettled([...this.#parts.values()].map((part) => part.stored));
    for (const { blobKey } of this.#parts.values()) await this.blobs.delete(blobKey);
  }

  #partOf(resourceType: string): Part {
    const known = this.#parts.get(resourceType);
    if (known) return known;
    assert(/^[A-Z][A-Za-z]+$/.test(resourceType), 'a resource type is a name');
    const blobKey = `${this.prefix}/${resourceType.toLowerCase()}.ndjson`;
    const stream = new PassThrough();
    stream.on('error', () => undefined); // told through `stored`
    const stored = this.blobs.put(blobKey, stream);
    stored.catch(() => undefined); // told by write or finish
    const part = { blobKey, stream, stored, rows: 0 };
    this.#parts.set(resourceType, part);
    return part;
  }
}
