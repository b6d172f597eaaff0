import { DeidentificationError } from '../../deidentification.errors';
import { recordCount } from './attackers';
import type { SizeCount } from './class-table';
import { pitman } from './pitman';
import { classesOfSize, type Sample, type UniquesEstimate } from './sample';
import { snb } from './snb';
import { zayatz } from './zayatz';

/** Which estimate is chosen; `none` where no model is valid. */
export type UniquesModel = 'pitman' | 'zayatz' | 'snb' | 'none';

/** How many people of the population have quasi-identifiers of their own, by three models. */
export interface PopulationUniques {
  readonly population: number;
  readonly samplingFraction: number;
  readonly pitman: UniquesEstimate;
  readonly zayatz: UniquesEstimate;
  readonly snb: UniquesEstimate;
  /** By the rule of Dankar et al. (2012). */
  readonly chosen: UniquesEstimate & { readonly model: UniquesModel };
}

/** Sampling fraction up to which Dankar's rule takes Pitman's model. */
const PITMAN_UP_TO = 0.1;
const ZERO: UniquesEstimate = { uniques: 0, valid: true };

/**
 * Estimates of population uniqueness for a table that is a sample of `population` people. Dankar's rule: up to a tenth of
 * the population Pitman, else Zayatz; above it the smaller of Zayatz and SNB; only valid ones count. A table without
 * unique records has none by every model. Throws TABLE_EMPTY, POPULATION_INVALID.
 */
export function populationUniques(sizes: readonly SizeCount[], population: number): PopulationUniques {
  const records = recordCount(sizes);
  if (records === 0)
    throw new DeidentificationError('TABLE_EMPTY', 'a table without records says nothing of a population');
  if (!Number.isSafeInteger(population) || population < records) {
    throw new DeidentificationError(
      'POPULATION_INVALID',
      'a population is a whole number of at least as many people as the table has records, at most 2^53 − 1',
    );
  }
  const sample: Sample = { records, classes: sizes.reduce((sum, { classes }) => sum + classes, 0), sizes, population };
  const none = classesOfSize(sample, 1) === 0;
  const estimates = none
    ? { pitman: ZERO, zayatz: ZERO, snb: ZERO }
    : { pitman: pitman(sample), zayatz: zayatz(sample), snb: snb(sample) };
  const samplingFraction = records / population;
  return { population, samplingFraction, ...estimates, chosen: choose(estimates, samplingFraction) };
}

function choose(
  estimates: { readonly [model in 'pitman' | 'zayatz' | 'snb']: UniquesEstimate },
  samplingFraction: number,
): PopulationUniques['chosen'] {
  const of = (model: 'pitman' | 'zayatz' | 'snb') => ({ model, ...estimates[model] });
  const valid = (samplingFraction <= PITMAN_UP_TO ? [of('pitman'), of('zayatz')] : [of('zayatz'), of('snb')]).filter(
    (estimate) => estimate.valid,
  );
  if (samplingFraction > PITMAN_UP_TO) valid.sort((a, b) => a.uniques - b.uniques);
  return valid[0] ?? { model: 'none', uniques: 0, valid: false };
}
