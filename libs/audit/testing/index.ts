import { Ledger } from '@aceso/ledger';
import type { Config, Database, KeyCustody, Runtime } from '@aceso/platform';
import { AuditService } from '../audit.service';
import { KeyUseEvents } from '../key-use-events';

/** What both services need; `startTestDatabase()` gives all of it. */
export interface AuditParts {
  readonly database: Database;
  readonly runtime: Runtime;
  readonly custody: KeyCustody;
  readonly config: Pick<Config, 'origin'>;
}

/** Ledger and audit put together by hand, as the modules do it. */
export function createAudit(parts: AuditParts): { ledger: Ledger; audit: AuditService } {
  const { database, runtime, custody, config } = parts;
  const ledger = new Ledger(database, runtime, custody, config, new KeyUseEvents(runtime));
  return { ledger, audit: new AuditService(ledger, runtime) };
}
