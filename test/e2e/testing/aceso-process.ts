import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { InvitationService } from '@aceso/identity';
import { Database, environment, readRoleUrls, Runtime } from '@aceso/platform';

const BUILT = join(process.cwd(), 'dist/apps');
/** The built `aceso`. */
export const COMMAND = join(BUILT, 'cli/src/main.js');

/** `describe`, or one that skips and says why: `npm test` builds before it runs tests, a bare jest may not have. */
export function describeWhenBuilt(what: string): jest.Describe {
  const isBuilt = ['cli', 'api', 'worker'].every((name) => existsSync(join(BUILT, name, 'src/main.js')));
  if (isBuilt) return describe;
  process.stderr.write(`skipped: ${what} (not built: npm run build)\n`);
  return describe.skip;
}

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `aceso` to its end, with nothing in its environment but these variables. */
export async function runAceso(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { PATH: environment().PATH, TMPDIR: tmpdir(), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString('utf8')));
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, ...said };
}

const START_MS_MAX = 90_000;
const ADDRESS = /serves at (http:[^\s"]+)/;

/** Others may pass through it: under root the server runs as another user, and would else keep its data elsewhere. */
function passableFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'aceso-e2e-'));
  chmodSync(folder, 0o711);
  return folder;
}

/** Variables of an instance, once whatever it starts from lies in its folder. */
type Variables = (folder: string) => Record<string, string> | Promise<Record<string, string>>;

interface LogLine {
  readonly process?: string;
  readonly message?: string;
  readonly pid?: number;
}

/** One `aceso serve` of its own in a folder of its own: PostgreSQL, api and worker as they are built. */
export class AcesoProcess {
  readonly folder = passableFolder();
  readonly home = join(this.folder, 'home');
  baseUrl = '';
  #child: ChildProcess | undefined;
  #exit: Promise<unknown> = Promise.resolve();
  #owner: Client | undefined;
  #log = '';

  /** Starts it; variables come on top of a quick checkpoint and a log that tells everything it ever tells. */
  static async start(variables: Variables = () => ({})): Promise<AcesoProcess> {
    const aceso = new AcesoProcess();
    try {
      await aceso.#start(await variables(aceso.folder));
      return aceso;
    } catch (error) {
      await aceso.stop();
      throw error;
    }
  }

  /** Everything that launcher, api and worker wrote to stderr. */
  get log(): string {
    return this.#log;
  }

  /** Rows as the owner of the database sees them. */
  async ownerQuery<Row>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await (this.#owner as Client).query(sql, params as unknown[]);
    return rows as Row[];
  }

  /** The operator's one-time invitation for a role. */
  async invite(role: string): Promise<string> {
    const database = new Database({ urls: readRoleUrls(this.home, 'api'), poolSize: 1 });
    try {
      const invited = role as 'researcher' | 'provider' | 'officer' | 'physician';
      return (
        await new InvitationService(database, new Runtime()).create(
          invited,
          role === 'researcher' ? 'university' : null,
        )
      ).code;
    } finally {
      await database.close();
    }
  }

  /** Process ids under which a service has become ready, oldest first: more than one means that it crashed. */
  pidsOf(service: 'api' | 'worker'): number[] {
    return this.#log.split('\n').flatMap((text) => {
      const line = parse(text);
      return line.process === service && line.message === 'ready' && line.pid ? [line.pid] : [];
    });
  }

  /** Ends it in order; its home stays. */
  async end(): Promise<void> {
    await this.#owner?.end().catch(() => undefined);
    if (this.#child?.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    await this.#exit;
  }

  /** Ends it in order and starts it again over its home, at another address and with other variables. */
  async restart(variables: Readonly<Record<string, string>>): Promise<void> {
    await this.end();
    this.#log = '';
    await this.#start(variables);
  }

  /** Ends it in order and removes its folder. */
  async stop(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(variables: Readonly<Record<string, string>>): Promise<void> {
    const child = spawn(process.execPath, [COMMAND, 'serve'], {
      env: {
        PATH: environment().PATH,
        TMPDIR: tmpdir(),
        ACESO_HOME: this.home,
        PORT: '0',
        ACESO_CHECKPOINT_INTERVAL_MS: '300',
        LOG_LEVEL: 'debug',
        LOG_FORMAT: 'json',
        ...variables,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    this.#exit = new Promise((resolve) => child.once('exit', resolve));
    child.stderr?.on('data', (chunk: Buffer) => (this.#log += chunk.toString('utf8')));
    this.baseUrl = await this.#address(child);
    this.#owner = new Client({ connectionString: this.#ownerUrl() });
    await this.#owner.connect();
  }

  async #address(child: ChildProcess): Promise<string> {
    for (let waited = 0; waited < START_MS_MAX && child.exitCode === null; waited += 50) {
      const [, address] = ADDRESS.exec(this.#log) ?? [];
      if (address) return address;
      await sleep(50);
    }
    throw new Error(`aceso serve did not start: ${this.#log}`);
  }

  #ownerUrl(): string {
    const file = join(this.home, 'secrets/database-owner.json');
    const { port, password } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    return `postgres://aceso_owner:${password}@127.0.0.1:${port}/aceso`;
  }
}

function parse(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return {}; // PostgreSQL and Node write their own lines
  }
}
