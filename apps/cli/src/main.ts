#!/usr/bin/env node
import { DomainError } from '@aceso/kernel';
import { describeError, environment } from '@aceso/platform';
import { Command } from 'commander';
import { registerAnchor } from './anchor';
import { registerAnonymize } from './anonymize';
import { registerAudit } from './audit';
import { registerBackup } from './backup';
import { registerConsent } from './consent';
import { registerDeidentify } from './deidentify';
import { registerDemo } from './demo';
import { registerIndex } from './index-command';
import { registerIngest } from './ingest';
import { registerInvite } from './invite';
import { registerKeys } from './keys';
import { registerReceipts } from './receipts';
import { registerLedger } from './ledger/ledger-command';
import { registerRestore } from './restore';
import { registerRisk } from './risk';
import { registerServe } from './serve';
import { addVerifyCommand } from './verify';
import { registerVerifyConsent } from './verify-consent';
import { registerViews } from './views';
import { registerVisas } from './visas';

/** Every command has a file of its own and is listed here. */
const COMMANDS: readonly ((program: Command) => void)[] = [
  registerServe,
  registerDemo,
  registerInvite,
  registerIngest,
  registerDeidentify,
  registerAnonymize,
  registerRisk,
  registerReceipts,
  registerLedger,
  addVerifyCommand,
  registerVerifyConsent,
  registerViews,
  registerAnchor,
  registerKeys,
  registerIndex,
  registerBackup,
  registerRestore,
  registerConsent,
  registerVisas,
  registerAudit,
];

async function main(): Promise<void> {
  const program = new Command('aceso').description('a self-hosted marketplace for de-identified health-research data');
  for (const register of COMMANDS) register(program);
  await program.parseAsync();
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});

/** A refusal in its own words; of an unexpected error only what is no content (its message may quote a value). */
function explain(error: unknown): string {
  if (error instanceof DomainError) return `aceso: ${error.message} [${error.code}]`;
  const { errorName, sqlState, frames } = describeError(error);
  const place = environment().LOG_LEVEL === 'debug' ? `\n  ${frames}` : ' (LOG_LEVEL=debug shows where)';
  return `aceso: unexpected ${errorName}${sqlState ? ` ${sqlState}` : ''}${place}`;
}
