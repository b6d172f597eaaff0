import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian's golang-golang-x-mod-dev puts its sources. */
const GOPATH = '/usr/share/gocode';
const SOURCES = join(__dirname, 'go');
const BUILD_MS_MAX = 300_000;

/** What a run said. */
export interface GoAnswer {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Why the program of `test/interop/go` cannot be built here; undefined where it can. */
export function goIsMissing(): string | undefined {
  if (findGo() === undefined) return 'no Go (Debian: golang-go)';
  if (!existsSync(join(GOPATH, 'src/golang.org/x/mod/sumdb/tlog'))) return 'no x/mod (Debian: golang-golang-x-mod-dev)';
  return undefined;
}

function findGo(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).concat(versionedFolders());
  return folders.map((folder) => join(folder, 'go')).find((file) => existsSync(file));
}

/** Debian keeps each version in a folder of its own. */
function versionedFolders(): string[] {
  return existsSync('/usr/lib')
    ? readdirSync('/usr/lib')
        .filter((name) => name.startsWith('go-'))
        .map((name) => join('/usr/lib', name, 'bin'))
    : [];
}

/** Builds the program into a folder, without a network and without a module cache; returns what runs it. */
export function buildGoVerifier(folder: string): (args: readonly string[]) => GoAnswer {
  const program = join(folder, 'verify');
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    GOPATH,
    GO111MODULE: 'off',
    GOFLAGS: '',
    GOTOOLCHAIN: 'local',
    GOCACHE: join(folder, 'go-cache'),
  };
  execFileSync(findGo() as string, ['build', '-o', program, '.'], { cwd: SOURCES, env, timeout: BUILD_MS_MAX });
  return (args) => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    return { exitCode: status, output: stdout + stderr };
  };
}
