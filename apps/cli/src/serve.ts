import { createLogger, environment, readConfig } from '@aceso/platform';
import type { Services } from '@aceso/platform/supervisor';
import type { Command } from 'commander';
import { startInstance } from './instance';

/**
 * One Ctrl-C under npm arrives twice, from the terminal and from npm: only one that comes later than this is a second one.
 */
const SECOND_SIGNAL_AFTER_MS = 1000;

/** Exit code of a program ended by SIGINT, as shells count (128 + 2). */
const EXIT_INTERRUPTED = 130;

/** Adds `aceso serve`. */
export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('start the embedded (or configured) services and keep them running until Ctrl-C')
    .action(serve);
}

async function serve(): Promise<void> {
  const config = readConfig(environment());
  const logger = createLogger({ process: 'launcher', level: config.logLevel, format: config.logFormat });
  const starting = startInstance(config, { logger });
  stopOnSignal(starting);
  const services = await starting;
  logger.info(`Aceso serves at ${services.baseUrl} (Ctrl-C stops it)`);
}

/**
 * First signal: everything stops in order. A second one, at least a second later, ends everything at once. Returns a
 * question: was there a signal already?
 */
export function stopOnSignal(starting: Promise<Pick<Services, 'stop' | 'kill'>>): () => boolean {
  let firstAt: number | undefined;
  starting.catch(() => undefined); // whoever waits for the start reports its failure
  const onSignal = (): void => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      void stop(starting);
    } else if (performance.now() - firstAt > SECOND_SIGNAL_AFTER_MS) {
      void force(starting);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal); // the terminal was closed
  return () => firstAt !== undefined;
}

async function stop(starting: Promise<Pick<Services, 'stop'>>): Promise<void> {
  const services = await starting.catch(() => undefined); // a failed start has cleaned up and reports for itself
  if (!services) return;
  await services.stop();
  process.exit(0);
}

async function force(starting: Promise<Pick<Services, 'kill'>>): Promise<void> {
  const services = await starting.catch(() => undefined);
  await services?.kill();
  process.exit(EXIT_INTERRUPTED);
}
