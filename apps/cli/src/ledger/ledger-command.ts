import type { Command } from 'commander';
import { addAudit } from './audit';
import { addExport } from './export';
import { addFsck } from './fsck';
import { addProof } from './proof';
import { addStatus } from './status';

/** Adds `aceso ledger`: what the operator does with the log, and what an outsider does with somebody else's. */
export function registerLedger(program: Command): void {
  const ledger = program.command('ledger').description('look at the log, check it, hand it out, audit that of others');
  addStatus(ledger);
  addFsck(ledger);
  addExport(ledger);
  addProof(ledger);
  addAudit(ledger);
}
