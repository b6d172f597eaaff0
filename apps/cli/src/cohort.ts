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
    .option('--variables', 'print GraphQL variables with the criteria, in place of JSON with what is not in them')
    .action(importFile);
}

interface Output {
  readonly words?: boolean;
  readonly variables?: boolean;
}

async function importFile(file: string, { words, variables }: Output): Promise<void> {
  const found = importCirce(await readExpression(file));
  const unmapped = found.unmapped.map(({ path, why }) => `Not in them: ${path || '/'} (${why}).\n`).join('');
  if (words) {
    const sentences = found.criteria ? criteriaInWords(found.criteria) : [NO_CRITERIA];
    process.stdout.write(`${sentences.join('\n')}\n${unmapped}`);
  } else if (variables) {
    process.stderr.write(unmapped);
    if (found.criteria === null) throw malformed(NO_CRITERIA);
    process.stdout.write(`${JSON.stringify({ criteria: JSON.stringify(found.criteria) })}\n`);
  } else {
    process.stdout.write(`${JSON.stringify(found)}\n`);
  }
  // Criteria that say less than the expression find other persons: scripts stop, people read why.
  if (found.criteria === null || found.unmapped.length > 0) process.exitCode = 1;
}

const NO_CRITERIA = 'There are no criteria: too little of it could be said.';

/** Throws CRITERIA_INVALID with the name of the file and what is expected in it. */
async function readExpression(file: string): Promise<unknown> {
  const bytes = await readSome(file);
  let expression: unknown;
  try {
    expression = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw malformed(`${file} is no JSON: expected is one expression, not compressed, and not one on each line`, cause);
  }
  if (isWrapped(expression))
    throw malformed(`${file} has the expression under "definition": expected is the expression alone`);
  return expression;
}

async function readSome(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size <= EXPRESSION_BYTES_MAX) return await readFile(file);
  } catch (cause) {
    throw malformed(`${file} cannot be read`, cause);
  }
  throw malformed(`${file}: an expression has at most ${EXPRESSION_BYTES_MAX} bytes`);
}

/** As lists of definitions have them. */
const isWrapped = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !('PrimaryCriteria' in value) && 'definition' in value;

const malformed = (why: string, cause?: unknown): CohortError => new CohortError('CRITERIA_INVALID', why, { cause });
