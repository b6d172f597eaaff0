import { writeFile } from 'node:fs/promises';
import { isUuid, type LedgerEntryId } from '@aceso/kernel';
import { LedgerError, proveForOperator } from '@aceso/ledger';
import { parseDecimal } from '@aceso/ledger/domain';
import { fromGlobalId } from '@aceso/platform/graphql';
import { InvalidArgumentError, type Command } from 'commander';
import { EXIT_USAGE } from './exit-codes';
import { withOwnLedger } from './instance';

interface Flags {
  readonly index?: bigint;
  readonly entry?: LedgerEntryId;
  readonly out?: string;
}

/** Adds `aceso ledger proof`. */
export function addProof(ledger: Command): void {
  ledger
    .command('proof')
    .description('print the .tlog-proof of an entry against the newest public checkpoint')
    .option('--index <number>', 'place of the entry in the log', indexOf)
    .option('--entry <id>', 'id of the entry, as the database or as GraphQL has it', idOf)
    .option('--out <file>', 'write it there')
    .action(async (flags: Flags) => {
      if ((flags.index === undefined) === (flags.entry === undefined)) {
        ledger.error('error: give --index or --entry', { exitCode: EXIT_USAGE });
      }
      await prove(flags);
    });
}

async function prove({ index, entry, out }: Flags): Promise<void> {
  const wanted = entry === undefined ? { index: index as bigint } : { id: entry };
  const proof = await withOwnLedger(({ reader }) => proveForOperator(reader, wanted));
  if (proof === null) throw new LedgerError('LEDGER_ENTRY_NOT_PUBLIC', 'no public checkpoint holds this entry');
  if (out === undefined) process.stdout.write(proof);
  else await writeFile(out, proof);
}

function indexOf(text: string): bigint {
  const index = parseDecimal(text);
  if (index === undefined) throw new InvalidArgumentError('expected a number from 0 on');
  return index;
}

function idOf(text: string): LedgerEntryId {
  return isUuid(text) ? (text as string as LedgerEntryId) : fromGlobalId('LedgerEntry', text);
}
