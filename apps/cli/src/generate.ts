import { GENERATED_PERSONS_MAX, GeneratedIndex, type Generated } from '@aceso/register';
import { InvalidArgumentError, type Command } from 'commander';
import { withOwnUpkeep } from './own-upkeep';
import { writePopulation } from './population-files';

interface Flags {
  readonly patients: number;
  readonly seed: number;
  readonly asOf: string;
  readonly out?: string;
  readonly index?: boolean;
  readonly json?: boolean;
}

/** The same on every day, so that the same seed means the same bytes. */
const AS_OF = '2026-01-01';
const SEED_MAX = 2 ** 31 - 1;
/** Persons between two lines of progress of files. */
const PROGRESS_PERSONS = 10_000;
/** In this place and later, lifetimes end before any calendar does. */
const AS_OF_MIN = '2000-01-01';
const AS_OF_MAX = '2100-01-01';

/** Adds `aceso generate`: synthetic patients for measuring and for trying out, as files or straight into the index. */
export function registerGenerate(program: Command): void {
  program
    .command('generate')
    .description('make synthetic patients: whole FHIR R4 records as files, or facts in the index of an empty instance')
    .requiredOption('--patients <number>', 'how many', whole(1, GENERATED_PERSONS_MAX))
    .requiredOption('--seed <number>', 'the same seed gives the same patients', whole(0, SEED_MAX))
    .option('--as-of <date>', 'day (YYYY-MM-DD) at which the lifetimes end', day, AS_OF)
    .option('--out <folder>', 'write NDJSON files of two providers into this folder')
    .option('--index', 'write facts into the index of the instance, which must hold nothing and takes no records then')
    .option('--json', 'print one line of JSON')
    .action((flags: Flags, command: Command) => {
      if ((flags.out === undefined) === (flags.index === undefined))
        command.error('error: say either --out <folder> or --index');
      return flags.out === undefined ? toIndex(flags) : toFiles(flags.out, flags);
    });
}

async function toFiles(folder: string, { patients, seed, asOf, json }: Flags): Promise<void> {
  let persons = 0;
  const files = await writePopulation(folder, {
    ...{ patients, seed, asOf },
    gzip: false,
    onPerson: () => {
      persons += 1;
      if (persons % PROGRESS_PERSONS === 0) process.stderr.write(`${persons} of ${patients} patients\n`);
    },
  });
  if (json) process.stdout.write(`${JSON.stringify({ patients, seed, asOf, files })}\n`);
  else for (const { path, lines } of files) process.stdout.write(`${path}: ${lines} lines\n`);
}

async function toIndex({ patients, seed, asOf, json }: Flags): Promise<void> {
  const { persons, facts } = await withOwnUpkeep(async ({ database }) => {
    let last: Generated = { persons: 0, facts: 0 };
    for await (const written of new GeneratedIndex(database).write({ persons: patients, seed, asOf })) {
      last = written;
      process.stderr.write(`${written.persons} of ${patients} patients, ${written.facts} facts\n`);
    }
    return last;
  });
  process.stdout.write(
    json
      ? `${JSON.stringify({ patients: persons, facts, seed, asOf })}\n`
      : `${persons} patients with ${facts} facts are in the index; this instance takes no records any more\n`,
  );
}

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^[0-9]{1,10}$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
    return value;
  };

function day(text: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
  if (!isDay || text < AS_OF_MIN || text > AS_OF_MAX)
    throw new InvalidArgumentError(`expected a day from ${AS_OF_MIN} to ${AS_OF_MAX}`);
  return text;
}
