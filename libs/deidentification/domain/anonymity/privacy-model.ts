import { DeidentificationError } from '../../deidentification.errors';
import { TOLERANCE, type ClassTest } from './class-test';
import { distanceTest } from './closeness';
import type { EncodedTable } from './encoded-table';
import type { Hierarchy } from './hierarchy';

/** What each class of the release has to be. Several models hold together. */
export type PrivacyModel =
  /** At least k records (Sweeney 2002). */
  | { readonly kind: 'k-anonymity'; readonly k: number }
  /** At least k persons of the population table (Sweeney 2001). */
  | { readonly kind: 'k-map'; readonly k: number }
  /** At least l different sensitive values (Machanavajjhala et al. 2007). */
  | { readonly kind: 'distinct-l'; readonly l: number }
  /** −Σ p ln p ≥ ln l (Machanavajjhala et al. 2007). */
  | { readonly kind: 'entropy-l'; readonly l: number }
  /** r₁ < c · Σ_{i ≥ l} rᵢ, counts in descending order (Machanavajjhala et al. 2007). */
  | { readonly kind: 'recursive-cl'; readonly c: number; readonly l: number }
  /** Earth mover's distance to the whole table at most t (Li, Li, Venkatasubramanian 2007). */
  | { readonly kind: 't-closeness'; readonly distance: 'equal' | 'ordered' | 'hierarchical'; readonly t: number };

/** Models made ready for one table. */
export interface CompiledModels {
  readonly sizeMin: number;
  readonly populationMin: number;
  /** Once a class passes, every union with other classes passes. */
  readonly certain: readonly ClassTest[];
  /** Hold for a union of classes that all pass, but not always for a union with one that does not. */
  readonly others: readonly ClassTest[];
  /** No class that passes has fewer records. */
  readonly classSizeMin: number;
}

/**
 * Checks the models against the table and makes tests of them. `sensitiveHierarchy` is needed for hierarchical closeness only.
 * Throws ANONYMITY_MODEL_INVALID, CLASS_SIZE_ABOVE_TABLE, SENSITIVE_COLUMN_MISSING, SENSITIVE_HIERARCHY_MISSING.
 */
export function compileModels(
  models: readonly PrivacyModel[],
  table: EncodedTable,
  sensitiveHierarchy?: Hierarchy,
): CompiledModels {
  if (models.length === 0) throw invalid('name at least one privacy model: a release without one protects nobody');
  let [sizeMin, populationMin, classSizeMin] = [1, 0, 1];
  const [certain, others]: [ClassTest[], ClassTest[]] = [[], []];
  for (const model of models) {
    requireParameters(model, table);
    if (model.kind === 'k-anonymity') sizeMin = Math.max(sizeMin, model.k);
    else if (model.kind === 'k-map') populationMin = Math.max(populationMin, model.k);
    else if (model.kind === 'distinct-l') certain.push(({ from, to }) => to - from >= model.l);
    else if (model.kind === 'entropy-l') others.push(entropyTest(model.l));
    else if (model.kind === 'recursive-cl') others.push(recursiveTest(model.c, model.l));
    else others.push(distanceTest(model, table, sensitiveHierarchy));
    if ('l' in model) classSizeMin = Math.max(classSizeMin, Math.ceil(model.l));
  }
  return { sizeMin, populationMin, certain, others, classSizeMin: Math.max(sizeMin, classSizeMin) };
}

function entropyTest(l: number): ClassTest {
  const least = Math.log(l) - TOLERANCE;
  return ({ counts, from, to, size }) => {
    let entropy = 0;
    for (let at = from; at < to; at += 1) entropy -= (counts[at]! / size) * Math.log(counts[at]! / size);
    return entropy >= least;
  };
}

function recursiveTest(c: number, l: number): ClassTest {
  return ({ counts, from, to }) => {
    if (to - from < l) return false;
    const ascending = counts.slice(from, to).sort();
    let rest = 0;
    for (let at = 0; at <= ascending.length - l; at += 1) rest += ascending[at]!;
    return ascending[ascending.length - 1]! < c * rest;
  };
}

function requireParameters(model: PrivacyModel, table: EncodedTable): void {
  if ('k' in model) {
    if (!Number.isSafeInteger(model.k) || model.k < 1) throw invalid(`${model.kind} needs a whole number of 1 or more`);
    const records = model.kind === 'k-map' ? table.populationRecords : table.records;
    if (model.kind === 'k-map' && records === 0) throw invalid('k-map needs a population table');
    if (model.k > records)
      throw new DeidentificationError(
        'CLASS_SIZE_ABOVE_TABLE',
        `${model.kind} asks for classes of ${model.k}, but there are ${records} records; lower k or bring more records`,
      );
    return;
  }
  if (table.sensitiveValues.length === 0)
    throw new DeidentificationError('SENSITIVE_COLUMN_MISSING', `${model.kind} needs a sensitive column; name one`);
  if ('l' in model) {
    const whole = model.kind === 'entropy-l' ? Number.isFinite(model.l) : Number.isSafeInteger(model.l);
    if (!whole || model.l < 1)
      throw invalid(`${model.kind} needs an l of 1 or more${model.kind === 'entropy-l' ? '' : ' that is whole'}`);
  }
  if ('c' in model && !(Number.isFinite(model.c) && model.c > 0)) throw invalid('recursive-cl needs a c above 0');
  if ('t' in model && !(model.t >= 0 && model.t <= 1)) throw invalid('t-closeness needs a t from 0 to 1');
}

const invalid = (message: string) => new DeidentificationError('ANONYMITY_MODEL_INVALID', message);
