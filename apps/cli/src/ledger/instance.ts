import { join } from 'node:path';
import { KeyUseEvents } from '@aceso/audit';
import type { KeyUseLog, Reader } from '@aceso/ledger';
import { Database, environment, KeyCustody, readConfig, Runtime, type Config } from '@aceso/platform';
import { openInstance } from '@aceso/platform/supervisor';

/** Exit code of a program ended by SIGINT, as shells count (128 + 2). */
const EXIT_INTERRUPTED = 130;

/** What the commands on the operator's own machine work with. Everything is read under the role of the worker. */
export interface OwnLedger {
  readonly config: Config;
  readonly database: Database;
  readonly reader: Reader;
  readonly custody: KeyCustody;
  readonly runtime: Runtime;
  readonly keyUseLog: KeyUseLog;
}

/** Opens the instance that the environment names, running or not, and leaves it as it was. */
export async function withOwnLedger<T>(use: (own: OwnLedger) => Promise<T>): Promise<T> {
  const instance = await openInstance(readConfig(environment()), 'worker');
  const database = new Database({ urls: instance.urls, poolSize: 2 });
  const runtime = new Runtime();
  const close = async (): Promise<void> => {
    await database.close();
    await instance.close();
  };
  // A server that was started for this command must not stay behind.
  const onSignal = (): void => void instance.close().finally(() => process.exit(EXIT_INTERRUPTED));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    return await use({
      config: instance.config,
      database,
      reader: { query: (sql, params) => database.query('worker', sql, params) },
      custody: new KeyCustody(join(instance.config.home, 'keys'), []),
      runtime,
      keyUseLog: new KeyUseEvents(runtime),
    });
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    await close();
  }
}
