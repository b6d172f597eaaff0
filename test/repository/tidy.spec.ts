import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const FILE_LINES_MAX = 300;

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /\.(ts|mjs|cjs)$/.test(file) && /^(apps|libs|migrations|test|scripts)\//.test(file));

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** What may stand in no source file, and what to write instead. Patterns are split so that this file does not match itself. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [new RegExp('\\b(describe|it|test)\\.' + '(only|skip)\\('), 'run every test; skip at run time with a printed reason'],
  [new RegExp('@ts-' + '(ignore|nocheck)'), 'mend the type'],
  [new RegExp('eslint-' + 'disable'), 'mend the code, or change the rule in the open'],
  [new RegExp('forward' + 'Ref'), 'a cycle is a wrong boundary'],
  [new RegExp('TO' + 'DO|FIX' + 'ME'), 'finish it, or write it into the changelog of what is missing'],
];

describe('the repository', () => {
  it.each(BANNED)('holds no %s', (pattern, instead) => {
    const found = tracked.filter((file) => pattern.test(read(file)));
    expect({ found, instead }).toEqual({ found: [], instead });
  });

  it('keeps files short enough to read in one sitting', () => {
    const long = tracked.filter(
      (file) => !file.endsWith('.spec.ts') && read(file).split('\n').length - 1 > FILE_LINES_MAX,
    );
    expect(long).toEqual([]);
  });

  it('has a README in every library that has code', () => {
    const libraries = new Set(tracked.flatMap((file) => /^libs\/([^/]+)\//.exec(file)?.[1] ?? []));
    const missing = [...libraries].filter((library) => {
      try {
        return read(`libs/${library}/README.md`).trim() === '';
      } catch {
        return true;
      }
    });
    expect(missing).toEqual([]);
  });

  it("keeps other people's data out", () => {
    const data = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' })
      .split('\n')
      .filter((file) => /\.(gz|zip|ndjson|parquet|node|so|bin|csv)$/.test(file));
    expect(data).toEqual([]);
  });
});
