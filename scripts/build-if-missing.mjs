/** Lets `npm start` work right after `npm ci`: builds once, when there is nothing built. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

if (!existsSync(new URL('../dist/apps/cli/src/main.js', import.meta.url))) {
  const { status } = spawnSync('npm', ['run', 'build'], { stdio: 'inherit', shell: process.platform === 'win32' });
  process.exit(status ?? 1);
}
