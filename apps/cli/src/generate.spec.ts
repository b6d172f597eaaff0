import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { registerGenerate } from './generate';

describe('aceso generate', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aceso-generate-'));
    jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
    jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  async function run(...args: readonly string[]): Promise<void> {
    const program = new Command().exitOverride();
    registerGenerate(program);
    program.commands[0]!.exitOverride();
    await program.parseAsync(['generate', ...args], { from: 'user' });
  }
  async function made(name: string, seed: string): Promise<Record<string, string>> {
    const out = join(folder, name);
    await run('--patients', '12', '--seed', seed, '--out', out);
    const names = (await readdir(out)).sort();
    return Object.fromEntries(
      await Promise.all(names.map(async (each) => [each, await readFile(join(out, each), 'utf8')] as const)),
    );
  }

  it('writes the same bytes for the same seed, records that a register reads', async () => {
    const files = await made('a', '5');
    expect(await made('b', '5')).toEqual(files);
    expect(await made('c', '6')).not.toEqual(files);
    const lines = Object.values(files).flatMap((text) => text.trimEnd().split('\n'));
    const types = lines.map((line) => (JSON.parse(line) as { resourceType: string }).resourceType);
    expect(types.filter((type) => type === 'Bundle').length).toBeGreaterThanOrEqual(12);
    expect(Object.values(files)).not.toContain('');
  });

  it.each([
    ['neither target', ['--patients', '1', '--seed', '1']],
    ['two targets', ['--patients', '1', '--seed', '1', '--out', 'x', '--index']],
    ['nobody', ['--patients', '0', '--seed', '1', '--out', 'x']],
    ['a seed that is none', ['--patients', '1', '--seed', '-1', '--out', 'x']],
    ['a day that is none', ['--patients', '1', '--seed', '1', '--out', 'x', '--as-of', '2020-13-01']],
  ])('refuses %s', async (_, args) => {
    await expect(run(...args)).rejects.toMatchObject({ code: expect.stringMatching(/^commander\./) });
  });
});
