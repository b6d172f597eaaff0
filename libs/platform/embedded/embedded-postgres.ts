import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { PlatformError } from '../platform.errors';
import { readSecret, writeSecret } from '../secrets/secret-file';
import { serverAccount, type Account } from './account';
import { findBinaries } from './binaries';
import {
  checkVersion,
  createCluster,
  OWNER,
  ownerOfData,
  prepareFolders,
  serverEnvironment,
  unavailable,
} from './cluster';
import { stopOrphan, stopServer } from './postmaster';

const DATABASE = 'aceso';
const START_MS_MAX = 60_000;
const POLL_MS = 25;
/** Lines of the server's log that an error message quotes; the server logs no statements. */
const LOG_LINES_SHOWN = 8;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  max_wal_size: '2GB',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // Errors and their statements quote values, which may be personal data. LOG ranks above ERROR here.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
};

export interface EmbeddedOptions {
  /** Folder of the instance; created when it is missing. */
  readonly home: string;
  /** Settings on top of ours; tests switch fsync off. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Told what a person should know: moved files, an orphan that was stopped. */
  readonly notice?: (text: string) => void;
}

export interface EmbeddedPostgres {
  /** Address of the owner, with its password. */
  readonly ownerUrl: string;
  readonly pid: number;
  readonly port: number;
  /** Its data folder, which is not always in the home. */
  readonly data: string;
  /** Resolves when the server has ended, by itself or stopped. */
  readonly ended: Promise<void>;
  /** Fast shutdown; resolves when the process is gone. */
  stop(): Promise<void>;
}

interface OwnerSecret {
  readonly password: string;
  readonly port: number;
  /** Random name of this instance. */
  readonly instance: string;
}

const ownerFile = (home: string): string => join(home, 'secrets', 'database-owner.json');

/** Random name of the instance in a home folder; undefined where no embedded server was ever started. */
export function instanceOf(home: string): string | undefined {
  return readSecret<OwnerSecret>(ownerFile(home))?.instance;
}

/** Address of the owner of the embedded server of a home, while it runs; undefined where none was ever started. */
export function embeddedOwnerUrl(home: string): string | undefined {
  const known = readSecret<OwnerSecret>(ownerFile(home));
  return known && addressOf(known, DATABASE);
}

function addressOf({ password, port }: Pick<OwnerSecret, 'password' | 'port'>, database: string): string {
  return `postgres://${OWNER}:${password}@127.0.0.1:${port}/${database}`;
}

/**
 * Starts the PostgreSQL server of an instance from the binaries that npm brought, making the data folder at the first start.
 * It does not end with this process: stop it, or the next start does. Refuses with EMBEDDED_POSTGRES_UNAVAILABLE or
 * EMBEDDED_POSTGRES_FAILED.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { home, settings = {}, notice = () => undefined } = options;
  const secretFile = ownerFile(home);
  const known = readSecret<OwnerSecret>(secretFile);
  const { password, instance } = known ?? { password: randomBytes(24).toString('base64url'), instance: randomUUID() };
  const binaries = findBinaries();
  const preferred = serverAccount();
  const placement = prepareFolders({ home, binaries, account: preferred, instance }, notice);
  const account = ownerOfData(placement.data, preferred);
  if (await stopOrphan(placement.data)) notice('PostgreSQL of an earlier run was still running and has been stopped');
  const port = await choosePort(known?.port);
  // Before initdb: a cluster whose password is lost would be lost as well.
  writeSecret(secretFile, { password, port, instance } satisfies OwnerSecret);
  await createCluster(placement, account, password);
  checkVersion(placement.data, binaries.version);
  const log = join(home, 'logs', 'postgres.log');
  const server = spawnServer({
    program: join(placement.native, 'bin', 'postgres'),
    args: serverArguments(placement.data, { ...SETTINGS, ...settings, port: String(port) }),
    log,
    account,
  });
  const address = (database: string): string => addressOf({ password, port }, database);
  try {
    await waitUntilReady(address('postgres'), server, log);
    await createDatabase(address('postgres'));
    return handleOf(server, { ownerUrl: address(DATABASE), port, data: placement.data });
  } catch (error) {
    server.child.kill('SIGQUIT');
    await server.ended;
    throw error;
  }
}

/** The port of the last run when it is still free, so that tools keep their settings; else any free one. */
async function choosePort(wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) {
    const free = await tryPort(wanted);
    if (free !== undefined) return free;
  }
  const any = await tryPort(0);
  if (any === undefined) throw new PlatformError('EMBEDDED_POSTGRES_FAILED', 'no free port on 127.0.0.1');
  return any;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      const bound = typeof address === 'object' && address ? address.port : undefined;
      probe.close(() => resolve(bound));
    });
  });
}

function serverArguments(data: string, settings: Readonly<Record<string, string>>): string[] {
  return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

interface Server {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  readonly failure: () => Error | undefined;
}

interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly log: string;
  readonly account: Account | undefined;
}

function spawnServer({ program, args, log, account }: Launch): Server {
  const output = openSync(log, 'w', 0o600);
  let failure: Error | undefined;
  const child = spawn(program, args, {
    stdio: ['ignore', output, output],
    cwd: '/',
    env: serverEnvironment(),
    // A session of its own: Ctrl-C reaches the launcher only, which stops the server last.
    detached: true,
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  });
  closeSync(output);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      failure = unavailable(error);
      resolve();
    });
  });
  return { child, ended, failure: () => failure };
}

async function waitUntilReady(url: string, server: Server, log: string): Promise<void> {
  let over = false;
  void server.ended.then(() => (over = true));
  for (let waited = 0; waited < START_MS_MAX; waited += POLL_MS) {
    const answer = await ask(url);
    if (answer === 'ready') return;
    if (answer === 'refused')
      throw failed('refuses the password in secrets/database-owner.json: restore that file', log);
    if (over) throw server.failure() ?? failed('ended while starting', log);
    await sleep(POLL_MS);
  }
  throw failed('does not answer', log);
}

function failed(what: string, log: string): PlatformError {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-LOG_LINES_SHOWN) : [];
  return new PlatformError('EMBEDDED_POSTGRES_FAILED', [`the embedded PostgreSQL ${what}`, ...lines].join('\n  '));
}

/** SQLSTATE invalid_password. */
const WRONG_PASSWORD = '28P01';

async function ask(url: string): Promise<'ready' | 'refused' | 'silent'> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined); // a server that is still starting hangs up
  try {
    await client.connect();
    return 'ready';
  } catch (error) {
    return (error as { code?: unknown }).code === WRONG_PASSWORD ? 'refused' : 'silent';
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function handleOf(
  { child, ended }: Server,
  facts: Pick<EmbeddedPostgres, 'ownerUrl' | 'port' | 'data'>,
): EmbeddedPostgres {
  const pid = child.pid;
  if (pid === undefined) throw new PlatformError('EMBEDDED_POSTGRES_FAILED', 'the embedded PostgreSQL has no process');
  child.unref(); // from here on the server does not keep this process alive
  return { ...facts, pid, ended, stop: () => stopServer(pid) };
}
