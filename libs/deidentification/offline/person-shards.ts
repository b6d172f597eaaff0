import { createReadStream } from 'node:fs';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ProjectedRow } from '../domain';

/** Shards are parted by the leading hexadecimal digits of the pseudonym: at first by so many. */
const PREFIX_DIGITS = 2;
const PSEUDONYM_DIGITS = 32;
const HEX_DIGITS = '0123456789abcdef';

/** How much of the rows is in memory. */
export interface ShardLimits {
  /** A shard is read in one piece; a larger one is parted by one more digit, down to a single person. */
  readonly shardCharactersMax: number;
  /** Rows of all shards together are gathered to this many characters before they are written. */
  readonly bufferedCharactersMax: number;
}

export const SHARD_LIMITS: ShardLimits = {
  shardCharactersMax: 1024 * 1024,
  bufferedCharactersMax: 4 * 1024 * 1024,
};

/** A file with all rows of the persons whose pseudonyms begin so. */
export interface Shard {
  readonly prefix: string;
  readonly path: string;
}

/** A row as it stands in a shard, a line; the person comes first so that a line tells its shard without being parsed. */
export function shardLine(person: string, row: ProjectedRow): string {
  return `${JSON.stringify([person, row])}\n`;
}

export function shardPrefix(person: string): string {
  return person.slice(0, PREFIX_DIGITS);
}

/**
 * Rows on disk, parted by the pseudonym of their person, so that files of any size and order come back shard by shard,
 * ordered by pseudonym, in memory that does not grow with them.
 */
export class PersonShards {
  private readonly buffers = new Map<string, string[]>();
  private readonly sizes = new Map<string, number>();
  private buffered = 0;

  private constructor(
    private readonly folder: string,
    private readonly limits: ShardLimits,
  ) {}

  /** Uses a folder of its own, which {@link remove} deletes. */
  static async in(folder: string, limits: ShardLimits = SHARD_LIMITS): Promise<PersonShards> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new PersonShards(folder, limits);
  }

  /** Appends lines of {@link shardLine}, all with this {@link shardPrefix}. */
  async add(prefix: string, text: string): Promise<void> {
    const buffer = this.buffers.get(prefix) ?? [];
    if (buffer.length === 0) this.buffers.set(prefix, buffer);
    buffer.push(text);
    this.sizes.set(prefix, (this.sizes.get(prefix) ?? 0) + text.length);
    this.buffered += text.length;
    if (this.buffered > this.limits.bufferedCharactersMax) await this.flush();
  }

  /** All shards by ascending pseudonym, none larger than the limit unless it is one person's. Nothing is added afterwards. */
  async finish(): Promise<readonly Shard[]> {
    await this.flush();
    const finished: Shard[] = [];
    for (const prefix of [...this.sizes.keys()].sort()) finished.push(...(await this.parted(prefix)));
    return finished;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async parted(prefix: string): Promise<readonly Shard[]> {
    const path = this.path(prefix);
    if (this.sizes.get(prefix)! <= this.limits.shardCharactersMax || prefix.length === PSEUDONYM_DIGITS)
      return [{ prefix, path }];
    const digitAt = '["'.length + prefix.length;
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity }))
      await this.add(`${prefix}${line[digitAt]}`, `${line}\n`);
    await this.flush();
    await rm(path);
    const parts: Shard[] = [];
    for (const digit of HEX_DIGITS)
      if (this.sizes.has(prefix + digit)) parts.push(...(await this.parted(prefix + digit)));
    return parts;
  }

  private async flush(): Promise<void> {
    for (const [prefix, texts] of this.buffers) {
      await appendFile(this.path(prefix), texts.join(''), { mode: 0o600 });
    }
    this.buffers.clear();
    this.buffered = 0;
  }

  private path(prefix: string): string {
    return join(this.folder, `${prefix}.rows`);
  }
}
