import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProjectedRow } from '../domain';
import { PersonShards, shardLine, shardPrefix, type ShardLimits } from './person-shards';

const row = (id: string): ProjectedRow => ({
  type: 'Condition',
  row: { resourceType: 'Condition', id, note: 'x'.repeat(50) },
  sortDate: '',
  codes: [],
});
const pseudonym = (n: number) => createHash('sha256').update(String(n)).digest('hex').slice(0, 32);

describe('shards of persons on disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shards-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function fill(persons: readonly string[], limits: ShardLimits) {
    const shards = await PersonShards.in(join(folder, 'rows'), limits);
    let heldMax = 0;
    let added = 0;
    for (let round = 0; round < 3; round += 1) {
      for (const person of persons) {
        const line = shardLine(person, row(`${person}-${round}`));
        added += line.length;
        await shards.add(shardPrefix(person), line);
        heldMax = Math.max(heldMax, added - (await sizeOnDisk()));
      }
    }
    return { shards, heldMax };
  }
  async function sizeOnDisk(): Promise<number> {
    const names = await readdir(join(folder, 'rows'));
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, 'rows', name))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  it('never holds more than the limit and parts every shard that is larger than it', async () => {
    const persons = Array.from({ length: 40 }, (_, n) => `ab${pseudonym(n).slice(2)}`);
    const limits = { shardCharactersMax: 2_000, bufferedCharactersMax: 1_500 };
    const { shards, heldMax } = await fill(persons, limits);
    expect(heldMax).toBeLessThanOrEqual(limits.bufferedCharactersMax);
    const finished = await shards.finish();
    expect(finished.length).toBeGreaterThan(5);
    const found: string[] = [];
    for (const { prefix, path } of finished) {
      const text = await readFile(path, 'utf8');
      expect(text.length).toBeLessThanOrEqual(limits.shardCharactersMax);
      const inShard = text
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as [string])[0]);
      expect(inShard.every((person) => person.startsWith(prefix))).toBe(true);
      found.push(...[...new Set(inShard)].sort());
      expect(inShard.length).toBe(3 * new Set(inShard).size);
    }
    expect(found).toEqual([...persons].sort());
    await shards.remove();
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps one person together however many rows there are, in the order in which they came', async () => {
    const { shards } = await fill([pseudonym(1)], { shardCharactersMax: 10, bufferedCharactersMax: 10 });
    const finished = await shards.finish();
    expect(finished.map(({ prefix }) => prefix)).toEqual([pseudonym(1)]);
    const rows = (await readFile(finished[0]!.path, 'utf8')).trimEnd().split('\n');
    expect(rows).toEqual([0, 1, 2].map((round) => shardLine(pseudonym(1), row(`${pseudonym(1)}-${round}`)).trimEnd()));
  });
});
