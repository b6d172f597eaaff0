import { readFile, stat } from 'node:fs/promises';
import { CohortError, criteriaInWords, importCirce } from '@aceso/cohort/domain';
import type { Command } from 'commander';

/** An expression of ATLAS with all its concepts has some hundred kilobytes. */
const EXPRESSION_BYTES_MAX = 16 * 1024 * 1024;

/** `aceso cohort import`: criteria from the cohort definitions of others. */
export function registerCohort(program: Command): void {
  const cohort = program.command('cohort').description('criteria of cohorts, offline');
  cohort
    .command('import')
    .description('turn a cohort expression of OHDSI (Circe JSON, as ATLAS exports it) into criteria')
    .argument('<file>', 'the expression')
    .option('--words', 'print the criteria as sentences, and what is not in them, in place of JSON')
    .action(importFile);
}

async function importFile(file: string, { words }: { readonly words?: boolean }): Promise<void> {
  const found = importCirce(await readExpression(file));
  if (words) {
    const lines = [
      ...(found.criteria
        ? criteriaInWords(found.criteria)
        : ['There are no criteria: too little of it could be said.']),
      ...found.unmapped.map(({ path, why }) => `Not in them: ${path || '/'} (${why}).`),
    ];
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  } else {
    process.stdout.write(`${JSON.stringify(found)}\n`);
  }
  // Criteria that say less than the expression find other persons: scripts stop, people read why.
  if (found.criteria === null || found.unmapped.length > 0) process.exitCode = 1;
}

async function readExpression(file: string): Promise<unknown> {
  const { size } = await stat(file);
  if (size > EXPRESSION_BYTES_MAX) throw malformed(`an expression has at most ${EXPRESSION_BYTES_MAX} bytes`);
  try {
    return JSON.parse((await readFile(file, 'utf8')).replace(/^\ufeff/, ''));
  } catch (cause) {
    throw malformed('an expression is JSON', cause);
  }
}

const malformed = (why: string, cause?: unknown): CohortError => new CohortError('CRITERIA_INVALID', why, { cause });
