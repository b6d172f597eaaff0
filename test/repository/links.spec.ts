import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');

const texts = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)));

/** Relative targets of Markdown links, without their anchors. Code may look like a link and is none. */
function targetsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replace(/`[^`\n]*`/g, '');
  const links = text.matchAll(/\]\(([^)\s]+)\)/g);
  return [...links]
    .map(([, target]) => (target as string).replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

describe('the documentation', () => {
  it('links to files that exist', () => {
    const broken = texts.flatMap((file) =>
      targetsOf(file)
        .filter((target) => !existsSync(join(ROOT, dirname(file), target)))
        .map((target) => `${file}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('speaks of no machine', () => {
    const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n').filter(Boolean);
    const paths = new RegExp('/(home|' + 'root|' + 'Users|' + 'work)/[a-z]');
    const found = tracked.filter(
      (file) => existsSync(join(ROOT, file)) && paths.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(found).toEqual([]);
  });
});
