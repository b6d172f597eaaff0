import { readFile, stat, writeFile } from 'node:fs/promises';
import { CohortIndex, PublicCount } from '@aceso/cohort';
import { ExtractionError, healthDcatCatalogue, parseAbout } from '@aceso/extraction';
import { environment, readConfig, type Config } from '@aceso/platform';
import { withKeptOrigin } from '@aceso/platform/supervisor';
import type { Command } from 'commander';
import { withOwnUpkeep } from './own-upkeep';

/** A description of an instance is a page of text. */
const ABOUT_BYTES_MAX = 1024 * 1024;

interface Flags {
  readonly about: string;
  readonly out?: string;
  readonly persons?: boolean;
}

/** Adds `aceso catalogue`: what others may know of an instance. */
export function registerCatalogue(program: Command): void {
  program
    .command('catalogue')
    .description('what an instance has to offer, for catalogues of others')
    .command('export')
    .description('describe this instance in HealthDCAT-AP (JSON-LD)')
    .requiredOption('--about <file>', 'JSON: title, description, publisher, health data access body and more')
    .option('--out <file>', 'write into this file, not to standard output')
    .option('--persons', 'say how many persons are found: rounded down to hundreds, and not below a thousand')
    .action(exportCatalogue);
}

async function exportCatalogue({ about: file, out, persons }: Flags): Promise<void> {
  const about = parseAbout(await readAbout(file));
  const described = persons
    ? await withOwnUpkeep(async ({ config, database, runtime }) => {
        const index = new CohortIndex(database);
        try {
          return { config, persons: await new PublicCount(index, runtime, config).persons() };
        } finally {
          await index.onModuleDestroy();
        }
      })
    : { config: ownConfig(), persons: null };
  const { publicUrl, origin } = described.config;
  const text = `${JSON.stringify(healthDcatCatalogue({ publicUrl, origin, about, persons: described.persons }), null, 2)}\n`;
  if (out === undefined) process.stdout.write(text);
  else await writeFile(out, text);
}

/** No database is opened for a description without numbers. */
const ownConfig = (): Config => withKeptOrigin(readConfig(environment()));

async function readAbout(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile() || found.size > ABOUT_BYTES_MAX)
    throw new ExtractionError('CATALOGUE_ABOUT_INVALID', `no description of at most ${ABOUT_BYTES_MAX} bytes: ${file}`);
  return readFile(file, 'utf8');
}
