import { randomUUID } from 'node:crypto';
import type { Database, KeyCustody, Logger, Runtime, Tx } from '@aceso/platform';
import { Sequencer, type SequencerConfig } from '../jobs/sequencer';
import { KeyUseLog, type KeyUse } from '../key-use-log';
import { Ledger } from '../ledger';

export { anvilMissing, startAnvil } from './anvil';
export type { Anvil } from './anvil';
export type { BrowserAnswer, BrowserVerifier } from './browser-verifier';
export {
  sha256 as portableSha256,
  verifyEd25519 as portableVerifyEd25519,
  verifyP256 as portableVerifyP256,
  verifyMlDsa44 as portableVerifyMlDsa44,
} from './portable-crypto';
export { SignedLog } from './signed-log';

/** What a ledger is made of; `startTestDatabase()` gives all of it. */
export interface LedgerParts {
  readonly database: Database;
  readonly runtime: Runtime;
  readonly custody: KeyCustody;
  readonly config: SequencerConfig;
  readonly logger: Logger;
}

/** Access events without the audit context, which stands below this one. */
export class PlainKeyUseLog extends KeyUseLog {
  async record(tx: Tx, uses: readonly KeyUse[]): Promise<string[]> {
    const ids = uses.map(() => randomUUID());
    for (const [at, { act, subjectId, actorId, detail }] of uses.entries()) {
      await tx.execute(
        `insert into audit.access_event (id, act, actor_id, subject_id, outcome, detail)
         values ($1, $2, $3, $4, 'permitted', $5)`,
        [ids[at], act, actorId, subjectId, detail ?? null],
      );
    }
    return ids;
  }
}

/** A ledger on a test database, without the audit context. */
export function createLedger({ database, runtime, custody, config }: LedgerParts): Ledger {
  return new Ledger(database, runtime, custody, config, new PlainKeyUseLog());
}

/** A sequencer that has not been started: `integrateOnce()` and `publishOnce()` are called by the test. */
export function createSequencer({ database, runtime, custody, config, logger }: LedgerParts): Sequencer {
  return new Sequencer(database, runtime, custody, config, logger);
}

/** Brings every committed entry into a published checkpoint. */
export async function publishAll(sequencer: Sequencer): Promise<void> {
  while ((await sequencer.integrateOnce()) > 0);
  await sequencer.publishOnce();
}
