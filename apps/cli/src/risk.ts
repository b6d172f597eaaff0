import { tableRisk } from '@aceso/deidentification';
import { DeidentificationError, type RiskMeasure } from '@aceso/deidentification/domain';
import type { Command } from 'commander';

interface Options {
  readonly table: string;
  readonly delimiter: string;
  readonly qi: string;
  readonly sensitive?: string;
  readonly population?: string;
  readonly populationTable?: string;
  readonly json?: boolean;
}

/** `aceso risk`: how far the records of a table can be told apart. */
export function registerRisk(program: Command): void {
  program
    .command('risk')
    .description('measure the re-identification risk of a table as it is')
    .requiredOption('--table <file>', 'CSV with a header, UTF-8')
    .option('--delimiter <character>', 'between columns, in all files', ',')
    .requiredOption('--qi <columns>', 'quasi-identifiers, separated by commas')
    .option('--sensitive <column>', 'sensitive column: l-diversity and t-closeness that are reached')
    .option('--population <number>', 'people of whom the table is a sample: estimates how many are unique among them')
    .option('--population-table <file>', 'CSV with the quasi-identifiers of everybody in the population')
    .option('--json', 'print the measures as one line of JSON')
    .action(risk);
}

async function risk(options: Options): Promise<void> {
  const { table, delimiter, sensitive, populationTable } = options;
  const quasiIdentifiers = options.qi.split(',').map((name) => name.trim());
  const started = process.hrtime.bigint();
  const measure = await tableRisk({
    table,
    delimiter,
    quasiIdentifiers,
    sensitive,
    population: populationSize(options.population),
    populationTable,
  });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  process.stderr.write(summary(measure, quasiIdentifiers));
  if (options.json) process.stdout.write(`${JSON.stringify({ quasiIdentifiers, sensitive, ...measure, seconds })}\n`);
}

function populationSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,15}$/.test(text))
    throw new DeidentificationError('POPULATION_INVALID', 'a population is a whole number of people, in digits only');
  return Number(text);
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

function summary({ attackers, atRisk, populationUniques, diversity, ...of }: RiskMeasure, columns: readonly string[]) {
  const lines = [
    `${of.records} records, ${of.classes} classes on ${columns.join(', ')}; smallest ${of.smallestClass}, unique ${of.uniques} (${percent(of.uniqueShare)})`,
    `prosecutor: highest ${percent(attackers.prosecutor.highest)}, average ${percent(attackers.prosecutor.success)}`,
    `journalist: highest ${percent(attackers.journalist.highest)}, average ${percent(attackers.journalist.success)}` +
      (attackers.populationTable ? '' : ' (without a population table: as the prosecutor)'),
    `marketer: average ${percent(attackers.marketer.success)}`,
    ...atRisk.map(
      ({ kMin, prosecutor, percent: risk, kMinToTheLetter, toTheLetter }) =>
        `in classes below ${kMin}: ${percent(prosecutor)}; over ${risk} % to the letter (below ${kMinToTheLetter}): ${percent(toTheLetter.prosecutor)}`,
    ),
  ];
  if (populationUniques) {
    const { chosen, population } = populationUniques;
    lines.push(
      chosen.valid
        ? `unique among ${population} people: about ${Math.round(chosen.uniques)} (${chosen.model}, chosen by Dankar's rule)`
        : `unique among ${population} people: no model gives a valid estimate`,
    );
  }
  if (diversity) {
    const { distinctL, entropyL, tEqual } = diversity;
    lines.push(
      `reached: distinct l ${distinctL}, entropy l ${entropyL.toFixed(3)}, t ${tEqual.toFixed(3)} (equal distances)`,
    );
  }
  return `${lines.join('\n')}\n`;
}
