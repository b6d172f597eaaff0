/**
 * Keeps package-lock.json complete for `npm ci`.
 *
 * `npm install` leaves the optional packages of other platforms out of the lock when the registry does not
 * offer them, and `npm ci` then refuses the lock ("Missing: … from lock file"). This adds each missing optional
 * entry with the exact version its parent names, so that one lock serves every platform. Run after `npm install`:
 * `node scripts/complete-lock.mjs`; with `--check` it changes nothing and exits 1 when an entry is missing.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const packages = lock.packages;

/** Platform words in a package name that npm's `os`, `cpu` and `libc` fields stand for. */
const OS = [
  'darwin',
  'linux',
  'win32',
  'android',
  'freebsd',
  'openharmony',
  'sunos',
  'aix',
  'netbsd',
  'openbsd',
  'wasi',
];
const CPU = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el', 'wasm32'];

const platformOf = (name) => {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => OS.includes(word));
  const cpu = words.filter((word) => CPU.includes(word));
  const libc = words.some((word) => word.startsWith('musl')) ? ['musl'] : words.includes('gnu') ? ['glibc'] : [];
  return {
    ...(os.length ? { os } : {}),
    ...(cpu.length ? { cpu } : {}),
    ...(libc.length && os.includes('linux') ? { libc } : {}),
  };
};

const resolves = (parent, name) => {
  for (let at = parent; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at ? `${at}/` : ''}node_modules/${name}`]) return true;
    if (!at || !at.includes('/node_modules/')) return Boolean(packages[`node_modules/${name}`]);
  }
};

const missing = [];
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (!path || resolves(path, name)) continue;
    missing.push(name);
    packages[`node_modules/${name}`] = {
      version: version.replace(/^[\^~]/, ''),
      ...platformOf(name),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
    };
  }
}
// npm's own rule: download addresses belong to the machine that installs, not to the project.
for (const entry of Object.values(packages)) delete entry.resolved;

if (process.argv.includes('--check')) {
  for (const name of missing)
    process.stderr.write(`package-lock.json lacks ${name}: run node scripts/complete-lock.mjs\n`);
  process.exit(missing.length ? 1 : 0);
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stderr.write(`package-lock.json: ${missing.length} optional entries added\n`);
