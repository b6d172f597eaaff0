import type { PersonId } from '@aceso/kernel';
import { FactCheck, FactMerge, IndexService, type FactCheckReport } from '@aceso/register';
import type { Command } from 'commander';
import { withOwnUpkeep, type OwnUpkeep } from './own-upkeep';

interface Flags {
  readonly json?: boolean;
}

/** Persons between two lines of progress. */
const PROGRESS_PERSONS = 100;

/** Adds `aceso index`: the fact index, on the operator's own machine. No command names a person. */
export function registerIndex(program: Command): void {
  const index = program
    .command('index')
    .description('the fact index: derived from sealed records, and rebuilt from them');
  index
    .command('rebuild')
    .description('read every bound record again and write the facts anew; counts stay right meanwhile')
    .option('--json', 'print one line of JSON')
    .action(rebuild);
  index
    .command('verify')
    .description('compare the facts with the records; exit code 1 when they differ')
    .option('--json', 'print one line of JSON')
    .action(verify);
}

function servicesOf(own: OwnUpkeep) {
  const { database } = own;
  const index = IndexService.over(own);
  return { index, merges: new FactMerge(database), check: new FactCheck(database, index) };
}

async function rebuild({ json }: Flags): Promise<void> {
  const report = await withOwnUpkeep(async (own) => {
    const { index, merges } = servicesOf(own);
    const persons: readonly PersonId[] = await index.persons();
    for (const [at, personId] of persons.entries()) {
      await index.rebuild(personId);
      progress(at + 1, persons.length);
    }
    let facts = 0;
    for await (const merged of merges.mergeAll()) facts += merged.facts;
    return { persons: persons.length, facts };
  });
  const { persons, facts } = report;
  process.stdout.write(
    json ? `${JSON.stringify(report)}\n` : `${persons} persons were read again, ${facts} facts merged\n`,
  );
}

async function verify({ json }: Flags): Promise<void> {
  const report = await withOwnUpkeep(async (own) => {
    let last: Readonly<FactCheckReport> | undefined;
    for await (const each of servicesOf(own).check.run()) {
      last = each;
      progress(each.persons + each.waiting);
    }
    return last!;
  });
  const { persons, facts, waiting, different, missing, surplus, miscovered, unowned } = report;
  const right = different === 0 && unowned === 0;
  process.stdout.write(
    json
      ? `${JSON.stringify({ right, ...report })}\n`
      : `${persons} persons with ${facts} facts compared, ${waiting} wait for the worker\n` +
          (right
            ? 'the index says what the records say\n'
            : `${different} persons differ: ${missing} facts missing, ${surplus} too many, the coverage of ${miscovered} persons wrong; ` +
              `${unowned} facts are nobody's: ` +
              'run aceso index rebuild\n'),
  );
  if (!right) process.exitCode = 1;
}

/** On standard error, so that a report can be piped. */
function progress(done: number, of?: number): void {
  if (done > 0 && done % PROGRESS_PERSONS === 0)
    process.stderr.write(`${done}${of === undefined ? '' : ` of ${of}`} persons\n`);
}
