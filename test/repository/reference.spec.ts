import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

describe('reference texts', () => {
  it('are what the sources say, and no code stands for two things (after a change: npm run reference)', () => {
    expect(execFileSync(process.execPath, ['scripts/reference.mjs', '--check'], { cwd: root, encoding: 'utf8' })).toBe(
      '',
    );
  });
});
