#!/usr/bin/env node
import { DomainError } from '@aceso/kernel';
import { describeError, environment } from '@aceso/platform';
import { Command } from 'commander';
import { registerAsked, type Register } from './asked-command';

const views = async (): Promise<Register> => (await import('./views.js')).registerViews;

/** Every command has a file of its own and is listed here. */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  serve: async () => (await import('./serve.js')).registerServe,
  demo: async () => (await import('./demo.js')).registerDemo,
  invite: async () => (await import('./invite.js')).registerInvite,
  ingest: async () => (await import('./ingest.js')).registerIngest,
  generate: async () => (await import('./generate.js')).registerGenerate,
  deidentify: async () => (await import('./deidentify.js')).registerDeidentify,
  anonymize: async () => (await import('./anonymize.js')).registerAnonymize,
  risk: async () => (await import('./risk.js')).registerRisk,
  receipts: async () => (await import('./receipts.js')).registerReceipts,
  ledger: async () => {
    const { registerLedger } = await import('./ledger/ledger-command.js');
    return (program) => registerLedger(program, process.argv[3]);
  },
  verify: async () => (await import('./verify.js')).addVerifyCommand,
  'verify-consent': async () => (await import('./verify-consent.js')).registerVerifyConsent,
  views,
  'check-views': views,
  anchor: async () => (await import('./anchor.js')).registerAnchor,
  keys: async () => (await import('./keys.js')).registerKeys,
  index: async () => (await import('./index-command.js')).registerIndex,
  backup: async () => (await import('./backup.js')).registerBackup,
  restore: async () => (await import('./restore.js')).registerRestore,
  cohort: async () => (await import('./cohort.js')).registerCohort,
  catalogue: async () => (await import('./catalogue.js')).registerCatalogue,
  consent: async () => (await import('./consent.js')).registerConsent,
  visas: async () => (await import('./visas.js')).registerVisas,
  audit: async () => (await import('./audit.js')).registerAudit,
};

async function main(): Promise<void> {
  const program = new Command('aceso').description('a self-hosted marketplace for de-identified health-research data');
  await registerAsked(program, COMMANDS, process.argv[2]);
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
