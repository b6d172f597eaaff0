/**
 * Builds, serves, and does both again when a source file changes. The whole instance is restarted: libraries are part of
 * every process, and `nest start --watch` does not watch them.
 */
import { spawn, spawnSync } from 'node:child_process';
import { watch } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Editors save a file in several steps. */
const QUIET_MS = 300;

let services;
let timer;
let busy = false;
let ending = false;

const build = () => spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' }).status === 0;

const serve = () => {
  services = spawn(process.execPath, ['dist/apps/cli/src/main.js', 'serve'], {
    cwd: root,
    stdio: 'inherit',
    detached: true, // Ctrl-C comes to this script, which passes it on once
    env: { LOG_LEVEL: 'debug', ...process.env },
  });
};

const stop = () =>
  new Promise((resolve) => {
    if (!services || services.exitCode !== null || services.signalCode !== null) return resolve();
    services.once('exit', resolve);
    services.kill('SIGTERM');
  });

const rebuild = async () => {
  if (busy) return later();
  busy = true;
  await stop();
  if (!ending && build()) serve();
  busy = false;
};

const later = () => {
  clearTimeout(timer);
  timer = setTimeout(rebuild, QUIET_MS);
};

const end = async () => {
  if (ending) return;
  ending = true;
  await stop();
  process.exit(0);
};
process.on('SIGINT', end);
process.on('SIGTERM', end);

for (const folder of ['apps', 'libs', 'migrations']) {
  watch(`${root}/${folder}`, { recursive: true }, (_event, file) => {
    if (!ending && file?.endsWith('.ts') && !file.endsWith('.spec.ts')) later();
  });
}
await rebuild();
