import { join } from 'node:path';
import { DomainError } from '@aceso/kernel';
import { readConfig, type Config } from '../config/config';
import { environment } from '../config/environment';
import { KeyCustody, PROCESS_SEEDS } from '../custody/key-custody';
import { checkTombstones } from '../database/apply-tombstones';
import { checkMigrations, checkRoles } from '../database/checks';
import { Database } from '../database/database';
import type { ProcessName } from '../database/roles';
import { createLogger, type Logger } from '../logging/logger';
import { readRoleUrls, type RoleUrls } from '../secrets/role-passwords';
import type { ServiceMessage } from './service-messages';

/** What a service starts with; hand it to `PlatformModule.forProcess`. */
export interface ServiceContext {
  readonly process: ProcessName;
  readonly config: Config;
  readonly roleUrls: RoleUrls;
  readonly logger: Logger;
}

/** A started service: closing it lets work in hand finish and frees every handle. */
export interface StartedService {
  close(): Promise<void>;
}

/** Time that a service has to finish what it is doing, milliseconds. */
const CLOSE_MS_MAX = 20_000;
const USAGE_EVERY_MS = 2000;

/**
 * The main function of `api` and `worker`: reads the configuration, refuses to start under a role that is too powerful, on a
 * database that is not migrated or with keys that are missing or exposed; then starts the service, tells the launcher, and
 * closes on SIGTERM, SIGINT or when the launcher is gone. Ends the process: exit code 0 after an orderly end, 1 otherwise.
 */
export async function runService(
  name: ProcessName,
  start: (context: ServiceContext) => Promise<StartedService>,
): Promise<void> {
  let logger = createLogger({ process: name, level: 'info', format: 'text' });
  const fail = (error: unknown): void => {
    logger.error('the service fails', error, { exitCode: 1 });
    process.exit(1);
  };
  process.once('uncaughtException', fail);
  process.once('unhandledRejection', fail);
  try {
    const config = readConfig(environment());
    logger = createLogger({ process: name, level: config.logLevel, format: config.logFormat });
    const roleUrls = readRoleUrls(config.home, name);
    await refuseUnsafeStart({ process: name, config, roleUrls });
    const service = await start({ process: name, config, roleUrls, logger });
    closeOnSignal(service, logger);
    reportUsage();
    logger.info('ready', { pid: process.pid });
    tell({ type: 'ready' });
  } catch (error) {
    refuse(error, logger);
  }
}

/** The start guard: the same checks as `/readyz`, before anything listens. */
async function refuseUnsafeStart(context: Omit<ServiceContext, 'logger'>): Promise<void> {
  const { config, roleUrls } = context;
  new KeyCustody(join(config.home, 'keys'), PROCESS_SEEDS[context.process]).check();
  const database = new Database({ urls: roleUrls, poolSize: 2 });
  try {
    await checkRoles(database);
    await checkMigrations(database);
    await checkTombstones(database, join(config.home, 'keys'));
  } finally {
    await database.close();
  }
}

/**
 * Tells the launcher, or a person where there is none. Elsewhere messages of foreign errors are withheld, as they may quote a
 * value; at the start no record has been read yet, and whoever builds or installs needs them.
 */
function refuse(error: unknown, logger: Logger): void {
  const isOurs = error instanceof DomainError;
  if (!isOurs) logger.error('the service does not start', error);
  const code = isOurs ? error.code : 'SERVICE_FAILED';
  const message = error instanceof Error ? error.message : 'it does not start';
  if (process.send) {
    process.send({ type: 'refused', code, message } satisfies ServiceMessage, () => process.exit(1));
  } else {
    process.stderr.write(`${message} [${code}]\n`);
    process.exit(1);
  }
}

function closeOnSignal(service: StartedService, logger: Logger): void {
  let closing = false;
  const close = (reason: string): void => {
    if (closing) return;
    closing = true;
    logger.info('stopping', { signal: reason });
    const late = setTimeout(() => {
      logger.error('did not finish in time', undefined, { exitCode: 1 });
      process.exit(1);
    }, CLOSE_MS_MAX);
    late.unref();
    tell({ type: 'usage', maxRssKiB: process.resourceUsage().maxRSS });
    service.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error('did not stop in order', error, { exitCode: 1 });
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', () => close('SIGTERM'));
  process.once('SIGINT', () => close('SIGINT'));
  // The launcher was killed: nobody would stop this process later.
  process.once('disconnect', () => close('launcher gone'));
}

function reportUsage(): void {
  if (!process.send) return;
  setInterval(() => tell({ type: 'usage', maxRssKiB: process.resourceUsage().maxRSS }), USAGE_EVERY_MS).unref();
}

function tell(message: ServiceMessage): void {
  if (process.connected) process.send?.(message, () => undefined); // a launcher that just went is no error here
}
