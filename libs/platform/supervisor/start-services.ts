import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toEnvironment } from '../config/child-environment';
import { atPort, type Config } from '../config/config';
import { createKeys, KeyCustody } from '../custody/key-custody';
import { applyTombstones } from '../database/apply-tombstones';
import { knowEpochs } from '../database/know-epochs';
import { migrate } from '../database/migrate';
import type { ProcessName } from '../database/roles';
import { createLogger, type Logger } from '../logging/logger';
import { PlatformError } from '../platform.errors';
import { migrateQueue } from '../queue/migrate-queue';
import { provideRoles } from '../secrets/role-passwords';
import { lockHome, type HomeLock } from './home-lock';
import { withOwnOrigin } from './origin';
import { choosePort } from './port';
import { refuseUnfinishedRestore } from './restore-mark';
import { SupervisedPostgres } from './supervised-postgres';
import { SupervisedService } from './supervised-service';

/** Everything of one instance, running. */
export interface Services {
  /** Where clients on this machine reach the api, without a trailing slash. */
  readonly baseUrl: string;
  /** The owner's address of the database: for the launcher and tests, never for a service. */
  readonly ownerUrl: string;
  /** Process ids at this moment; a crashed service has a new one after its restart. */
  readonly pids: {
    readonly postgres: number | undefined;
    readonly api: number | undefined;
    readonly worker: number | undefined;
    /** Witnesses that run beside the instance; none where others are asked. */
    readonly witnesses: readonly (number | undefined)[];
  };
  /** The larger of the largest resident sets of api and worker, MiB; final after `stop`. */
  peakRssMiB(): number;
  /** Stops api, worker, PostgreSQL and witnesses, in this order. Calling it again waits for the same end. */
  stop(): Promise<void>;
  /** Ends everything at once; the next start recovers. */
  kill(): Promise<void>;
}

export interface StartOptions {
  readonly logger?: Logger;
  /** Told in plain words what a person should know. */
  readonly notice?: (text: string) => void;
  /** Main files in place of the built ones: stand-ins of tests. */
  readonly files?: Record<ProcessName, string>;
  /** Finds or starts those who witness the ledger, while PostgreSQL starts; without it nobody does. */
  readonly witnesses?: (start: WitnessStart) => Promise<Witnessing>;
}

/** What the one gets who starts witnesses. */
export interface WitnessStart {
  /** With the instance's own origin; its keys are made. */
  readonly config: Config;
  readonly notice: (text: string) => void;
  /** A free port on this machine. */
  choosePort(): Promise<number>;
  /** Starts a witness as a supervised process of its own, and waits until it is ready. */
  launch(name: string, args: readonly string[]): Promise<void>;
}

/** How the ledger is witnessed. */
export interface Witnessing {
  /** Absolute path of the policy file that the services are given. */
  readonly policyFile: string;
}

/**
 * Starts what `aceso serve` serves: PostgreSQL (embedded unless `databaseUrl` is set), migrations, role passwords, keys, then api
 * and worker. Refuses with a coded error, and leaves nothing running when it does.
 */
export async function startServices(config: Config, options: StartOptions = {}): Promise<Services> {
  const logger =
    options.logger ?? createLogger({ process: 'launcher', level: config.logLevel, format: config.logFormat });
  const notice = options.notice ?? ((text: string) => logger.info(text));
  const files = options.files ?? { api: entryFile('api'), worker: entryFile('worker') };
  refuseUnfinishedRestore(config.home);
  const lock = await lockHome(config.home);
  const undo: (() => Promise<void>)[] = [async () => lock.release()];
  try {
    const { witnesses } = options;
    return await startAll({ config: withOwnOrigin(config), files, logger, notice, lock, undo, witnesses });
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => undefined);
    throw error;
  }
}

interface Start {
  readonly config: Config;
  readonly files: Record<ProcessName, string>;
  readonly logger: Logger;
  readonly notice: (text: string) => void;
  readonly lock: HomeLock;
  /** What to take back, last first, when a later step fails. */
  readonly undo: (() => Promise<void>)[];
  readonly witnesses: StartOptions['witnesses'];
}

async function startAll(start: Start): Promise<Services> {
  const { config, files, logger, notice, lock, undo } = start;
  const keyFolder = join(config.home, 'keys');
  const port = await choosePort(config.host, config.port, lock.wasStale);
  createKeys(keyFolder);
  new KeyCustody(keyFolder).check(); // a missing or exposed key is said at once, before anything starts
  const witnesses: SupervisedService[] = [];
  const witnessing = startWitnesses(start, witnesses);
  undo.push(() => stopWitnesses(witnessing, witnesses));
  const postgres = config.databaseUrl === undefined ? new SupervisedPostgres(config.home, logger, notice) : undefined;
  if (postgres) undo.push(() => postgres.stop());
  const ownerUrl = config.databaseUrl ?? (await (postgres as SupervisedPostgres).start());
  await prepareDatabase(config, ownerUrl);
  await knowEpochs(ownerUrl, new KeyCustody(keyFolder, []).epochs());
  // Also before a service that crashed starts again: it may have died between the tombstone of an erasure and its commit.
  const eraseAgain = async (): Promise<void> => {
    const { applied } = await applyTombstones(ownerUrl, keyFolder);
    if (applied > 0) notice(`${applied} erasures were applied again: the database was older than they are`);
  };
  const witnessPolicy = (await witnessing)?.policyFile ?? config.witnessPolicy;
  const environment = toEnvironment({ ...atPort(config, port), witnessPolicy });
  const service = (name: ProcessName): SupervisedService =>
    new SupervisedService({ name, file: files[name], environment, logger, beforeStart: eraseAgain });
  const api = service('api');
  const worker = service('worker');
  undo.push(
    () => worker.stop(),
    () => api.stop(),
  );
  await worker.start();
  await api.start();
  let stopping: Promise<void> | undefined;
  return {
    baseUrl: `http://${clientHost(config.host)}:${port}`,
    ownerUrl,
    get pids() {
      return { postgres: postgres?.pid, api: api.pid, worker: worker.pid, witnesses: witnesses.map(({ pid }) => pid) };
    },
    peakRssMiB: () => Math.round(Math.max(api.maxRssKiB, worker.maxRssKiB) / 1024),
    stop: () => (stopping ??= takeBack(undo)),
    async kill() {
      api.kill();
      worker.kill();
      for (const witness of witnesses) witness.kill();
      await postgres?.stop();
      lock.release();
    },
  };
}

/** Witnesses start beside PostgreSQL; what they refuse with is seen by whoever awaits the result. */
function startWitnesses(
  { config, logger, notice, witnesses: begin }: Start,
  launched: SupervisedService[],
): Promise<Witnessing | undefined> {
  const witnessing = Promise.resolve(
    begin?.({
      config,
      notice,
      choosePort: () => choosePort('127.0.0.1', 0, false),
      async launch(name, args) {
        // A witness holds no secret of the instance and reads no variable.
        const witness = new SupervisedService({ name, args, file: entryFile('witness'), environment: {}, logger });
        launched.push(witness);
        await witness.start();
      },
    }),
  );
  witnessing.catch(() => undefined);
  return witnessing;
}

async function stopWitnesses(witnessing: Promise<unknown>, launched: readonly SupervisedService[]): Promise<void> {
  await witnessing.catch(() => undefined); // one that is still starting would be left behind
  await Promise.all(launched.map((witness) => witness.stop()));
}

/** Takes the steps of the start back in reverse: api, worker, PostgreSQL, witnesses, lock. */
async function takeBack(undo: readonly (() => Promise<void>)[]): Promise<void> {
  for (const step of [...undo].reverse()) await step();
}

async function prepareDatabase(config: Config, ownerUrl: string): Promise<void> {
  try {
    await migrate(ownerUrl);
    if (config.redisUrl === undefined) await migrateQueue(ownerUrl);
    await provideRoles(config.home, ownerUrl);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const unreachable = code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'ETIMEDOUT' || code === '28P01';
    if (!unreachable) throw cause;
    throw new PlatformError('DATABASE_UNREACHABLE', `DATABASE_URL: the server refuses or does not answer (${code})`, {
      cause,
    });
  }
}

/** The address that a client on this machine uses for a listening address. */
function clientHost(host: string): string {
  if (host === '127.0.0.1' || host === '0.0.0.0' || host === '::' || host === '::1') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** The compiled main file of a service: beside this file's build, or in `dist` when this runs from its source (tests). */
function entryFile(name: ProcessName | 'witness'): string {
  const root = join(__dirname, '..', '..', '..');
  const file = [join(root, 'apps', name, 'src', 'main.js'), join(root, 'dist', 'apps', name, 'src', 'main.js')].find(
    (candidate) => existsSync(candidate),
  );
  if (file === undefined) throw new PlatformError('SERVICES_NOT_BUILT', `${name} is not built: npm run build`);
  return file;
}
