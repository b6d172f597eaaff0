import { Injectable } from '@nestjs/common';
import { KeyUseLog, type KeyUse } from '@aceso/ledger';
import { Runtime, type Tx } from '@aceso/platform';
import { insertEvents } from './data/event-row';

/**
 * Access events for keys that the ledger itself opens. They make no ledger entry: an entry about opening the key that
 * seals the entry would never end.
 */
@Injectable()
export class KeyUseEvents extends KeyUseLog {
  constructor(private readonly runtime: Runtime) {
    super();
  }

  async record(tx: Tx, uses: readonly KeyUse[]): Promise<string[]> {
    const rows = uses.map((use) => ({
      ...use,
      id: this.runtime.uuid(),
      outcome: 'permitted' as const,
      ledgerEntryId: null,
    }));
    await insertEvents(tx, rows);
    return rows.map(({ id }) => id);
  }
}
