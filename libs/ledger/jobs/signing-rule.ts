import { bytesEqual } from '@aceso/kernel';
import { blockOfSize, newestBlock, newestSignedBlock } from '../data/block';
import type { Reader } from '../data/reader';
import { LedgerError } from '../domain';
import type { SignedState } from './signing-record';

/** What an operator does whose database is not the one that was signed. */
export const RECOVERY =
  'Restore the newest database backup; if it is lost, keep this database for evidence and start a log under a new origin and key.';

/**
 * A log never signs two trees of which one is not the beginning of the other (transparency-log.md section 4). Every
 * signed size is the size of a block, and blocks only ever extend their tree, so it is enough that the block of the last
 * signed size still stands with the root that was signed. Throws LEDGER_SIGNING_RECORD_MISSING, LEDGER_ORIGIN_CHANGED,
 * LEDGER_ROLLED_BACK or LEDGER_FORKED.
 */
export async function requireContinuation(
  reader: Reader,
  last: SignedState | undefined,
  origin: string,
): Promise<void> {
  if (last === undefined) {
    if ((await newestSignedBlock(reader)) === undefined) return;
    throw new LedgerError(
      'LEDGER_SIGNING_RECORD_MISSING',
      'the database holds signed checkpoints, but the file of ACESO_SIGNING_RECORD is gone: bring it back there',
    );
  }
  if (last.origin !== origin) {
    throw new LedgerError('LEDGER_ORIGIN_CHANGED', 'last-signed.json belongs to a log of another origin');
  }
  const size = (await newestBlock(reader))?.size ?? 0n;
  if (size < last.size) {
    throw new LedgerError(
      'LEDGER_ROLLED_BACK',
      `the database ends at size ${size}, but size ${last.size} was signed: it is an older backup. ${RECOVERY}`,
    );
  }
  const block = await blockOfSize(reader, last.size);
  if (block === undefined || !bytesEqual(block.root, last.root)) {
    throw new LedgerError(
      'LEDGER_FORKED',
      `the database has another history than the signed tree of size ${last.size}. ${RECOVERY}`,
    );
  }
}
