import { join } from 'node:path';
import { AuditService, KeyUseEvents } from '@aceso/audit';
import { Ledger } from '@aceso/ledger';
import { Database, environment, KeyCustody, readConfig, Runtime, type Config } from '@aceso/platform';
import { openInstance } from '@aceso/platform/supervisor';
import { EpochTurn } from '@aceso/upkeep';

/** Exit code of a program ended by SIGINT, as shells count (128 + 2). */
const EXIT_INTERRUPTED = 130;

/** What commands of upkeep work with. */
export interface OwnUpkeep {
  readonly config: Config;
  readonly database: Database;
  readonly custody: KeyCustody;
  readonly audit: AuditService;
  readonly turns: EpochTurn;
  readonly runtime: Runtime;
  /** Undefined where this machine does not know the owner of the database. */
  readonly ownerUrl: string | undefined;
}

/** Opens the instance that the environment names, running or not, and leaves it as it was. */
export async function withOwnUpkeep<T>(use: (own: OwnUpkeep) => Promise<T>): Promise<T> {
  const instance = await openInstance(readConfig(environment()), 'worker');
  const { config, ownerUrl } = instance;
  const database = new Database({ urls: instance.urls, poolSize: 2 });
  const runtime = new Runtime();
  const custody = new KeyCustody(join(config.home, 'keys'), []);
  const ledger = new Ledger(database, runtime, custody, config, new KeyUseEvents(runtime));
  const audit = new AuditService(ledger, runtime);
  const turns = new EpochTurn(database, custody, audit, ledger, runtime);
  // A server that was started for this command must not stay behind.
  const onSignal = (): void => void instance.close().finally(() => process.exit(EXIT_INTERRUPTED));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    return await use({ config, database, custody, audit, turns, runtime, ownerUrl });
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    await database.close();
    await instance.close();
  }
}
