import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectedRow } from '../domain';

/** One shard a leading byte of the pseudonym: a shard is what is held in memory at a time. */
const SHARDS = 256;
const PREFIX_DIGITS = 2;
/** Rows are gathered to this many characters before they are written. */
const BUFFERED_CHARACTERS_MAX = 128 * 1024;

/** A person with its rows, in the order in which they were read. */
export type PersonRows = readonly [pseudonym: string, rows: readonly ProjectedRow[]];

/**
 * Rows on disk, parted by the pseudonym of their person, so that files of any size and order come back person by person,
 * ordered by pseudonym, in memory that does not grow with them.
 */
export class PersonShards {
  private readonly buffers = new Map<number, string[]>();
  private readonly sizes = new Map<number, number>();

  private constructor(private readonly folder: string) {}

  /** Uses a folder of its own, which {@link remove} deletes. */
  static async in(folder: string): Promise<PersonShards> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new PersonShards(folder);
  }

  async add(person: string, row: ProjectedRow): Promise<void> {
    const shard = Number.parseInt(person.slice(0, PREFIX_DIGITS), 16);
    const line = JSON.stringify([person, row]);
    const buffer = this.buffers.get(shard) ?? [];
    if (buffer.length === 0) this.buffers.set(shard, buffer);
    buffer.push(line);
    const size = (this.sizes.get(shard) ?? 0) + line.length;
    this.sizes.set(shard, size);
    if (size > BUFFERED_CHARACTERS_MAX) await this.flush(shard);
  }

  /** All persons by ascending pseudonym. Of a row that was read twice the last one counts. */
  async *persons(): AsyncGenerator<PersonRows> {
    for (const shard of this.buffers.keys()) await this.flush(shard);
    for (let shard = 0; shard < SHARDS; shard += 1) {
      const persons = await this.read(shard);
      for (const person of [...persons.keys()].sort()) yield [person, [...persons.get(person)!.values()]];
    }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async flush(shard: number): Promise<void> {
    const buffer = this.buffers.get(shard);
    if (!buffer || buffer.length === 0) return;
    this.buffers.set(shard, []);
    this.sizes.set(shard, 0);
    await appendFile(this.path(shard), `${buffer.join('\n')}\n`, { mode: 0o600 });
  }

  private async read(shard: number): Promise<Map<string, Map<string, ProjectedRow>>> {
    const persons = new Map<string, Map<string, ProjectedRow>>();
    if (!this.buffers.has(shard)) return persons;
    for (const line of (await readFile(this.path(shard), 'utf8')).split('\n')) {
      if (line === '') continue;
      const [person, row] = JSON.parse(line) as [string, ProjectedRow];
      const rows = persons.get(person) ?? new Map<string, ProjectedRow>();
      if (rows.size === 0) persons.set(person, rows);
      rows.set(`${row.type}/${row.row.id}`, row);
    }
    return persons;
  }

  private path(shard: number): string {
    return join(this.folder, `${shard}.rows`);
  }
}
