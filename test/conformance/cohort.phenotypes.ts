import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { checkCriteria, criteriaInWords, importCirce, type CirceImport } from '@aceso/cohort/domain';
import type { ConformanceCase } from './suite';

const FILE = 'omop/phenotype-library.ndjson.gz';

const RANGE = '(Value|Op|Extent)';
const CONCEPT = String.raw`\d+/\w+`;
/** Places of a definition that criteria say, written down apart from the code that reads them. */
const SAID = [
  '/cdmVersionRange',
  String.raw`/ConceptSets/\d+/(id|name)`,
  String.raw`/ConceptSets/\d+/expression/items/\d+/(concept/\w+|isExcluded|includeDescendants)`,
  '/PrimaryCriteria/PrimaryCriteriaLimit/Type',
  '/(Qualified|Expression)Limit/Type',
  String.raw`/InclusionRules/\d+/(name|description)`,
  String.raw`.*/(expression|(Additional|Correlated)Criteria|Groups/\d+)/(Type|Count)`,
  '.*/Occurrence/(Type|Count|IsDistinct|CountColumn)',
  // Nothing here ends with a period of observation.
  '.*/CriteriaList/[0-9]+/IgnoreObservationPeriod',
  '.*/StartWindow/(Start|End)/(Days|Coeff)',
  `.*/(ConditionOccurrence|DrugExposure|Measurement|Observation|ProcedureOccurrence|VisitOccurrence)/(CodesetId|First|(Age|OccurrenceStartDate|ValueAsNumber)/${RANGE}|(Unit|Gender|ValueAsConcept)/${CONCEPT})`,
  // Of no types that are listed, all but those are all.
  '.*/[A-Za-z]+TypeExclude',
  String.raw`.*/DemographicCriteriaList/\d+/(Age/${RANGE}|Gender/${CONCEPT})`,
].map((pattern) => new RegExp(`^${pattern}$`));

/** Every place of a document that says something: no zero days of observation, nothing that is off or empty. */
function* leaves(value: unknown, path = ''): Generator<string> {
  if (value === null || value === false || value === '' || value === undefined) return;
  if (typeof value !== 'object') {
    if (!(value === 0 && path.includes('/ObservationWindow/'))) yield path;
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    yield* leaves(member, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

interface Definition {
  readonly cohortId: number;
  readonly definition: {
    readonly ConceptSets: readonly {
      readonly expression: { readonly items: readonly { readonly isExcluded?: boolean }[] };
    }[];
  };
}

function silent(definition: unknown, { unmapped, withoutEffect }: CirceImport): string[] {
  const named = [...unmapped, ...withoutEffect].map(({ path }) => path).filter((path) => path !== '');
  return [...leaves(definition)].filter(
    (path) =>
      !named.some((place) => path === place || path.startsWith(`${place}/`)) && !SAID.some((said) => said.test(path)),
  );
}

function wrong(definition: Definition['definition'], found: CirceImport): string[] {
  const dropped = silent(definition, found);
  const reasons = dropped.length === 0 ? [] : [`neither said nor named: ${dropped.slice(0, 3).join(', ')}`];
  const { criteria, unmapped } = found;
  if (criteria === null) return unmapped.length > 0 ? reasons : [...reasons, 'no criteria and no reason'];
  if (JSON.stringify(checkCriteria(criteria)) !== JSON.stringify(criteria)) reasons.push('criteria are not canonical');
  if (criteriaInWords(criteria).length === 0) reasons.push('criteria without words');
  return reasons;
}

/** Every definition of OHDSI's phenotype library: each place of it is said in the criteria or named. */
export async function* phenotypeCases(dataDir: string): AsyncGenerator<ConformanceCase> {
  const file = join(dataDir, FILE);
  if (!existsSync(file)) {
    yield { case: FILE, outcome: 'skipped', reason: 'the file is not there' };
    return;
  }
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  const tally = { whole: 0, partly: 0, none: 0 };
  const reasons = new Map<string, number>();
  for (const line of lines) {
    const { cohortId, definition } = JSON.parse(line) as Definition;
    try {
      const found = importCirce(definition);
      tally[found.criteria === null ? 'none' : found.unmapped.length === 0 ? 'whole' : 'partly'] += 1;
      for (const why of new Set(found.unmapped.map((each) => each.why))) reasons.set(why, (reasons.get(why) ?? 0) + 1);
      const failures = wrong(definition, found);
      yield failures.length === 0
        ? { case: `phenotype ${cohortId}`, outcome: 'passed' }
        : { case: `phenotype ${cohortId}`, outcome: 'failed', reason: failures.join('; ') };
    } catch (error) {
      yield { case: `phenotype ${cohortId}`, outcome: 'failed', reason: String(error) };
    }
  }
  const most = [...reasons].sort(([, a], [, b]) => b - a).slice(0, 12);
  yield {
    case: 'phenotypes',
    outcome: 'passed',
    note: `of ${lines.length} definitions ${tally.whole} are said whole, ${tally.partly} in part, ${tally.none} not at all; most often because ${most.map(([why, count]) => `${why} (${count})`).join('; ')}`,
  };
}
