import type { Command } from 'commander';
import { registerAsked, type Register } from '../asked-command';

const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  status: async () => (await import('./status.js')).addStatus,
  fsck: async () => (await import('./fsck.js')).addFsck,
  export: async () => (await import('./export.js')).addExport,
  proof: async () => (await import('./proof.js')).addProof,
  audit: async () => (await import('./audit.js')).addAudit,
};

/** Adds `aceso ledger`: what the operator does with the log, and what an outsider does with somebody else's. */
export async function registerLedger(program: Command, asked?: string): Promise<void> {
  const ledger = program.command('ledger').description('look at the log, check it, hand it out, audit that of others');
  await registerAsked(ledger, COMMANDS, asked);
}
