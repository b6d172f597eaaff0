import { classesOfSize, INVALID, type Sample, type UniquesEstimate } from './sample';

/**
 * Population uniques by Zayatz (1991): P(unique in the population | unique in the sample) = c1·h(1) / Σ_s c_s·h(s), times
 * the sample uniques, divided by the sampling fraction. h(s) is the hypergeometric chance that of s people of a class
 * exactly one is sampled; the class sizes of the population are taken to be distributed as those of the sample.
 */
export function zayatz(sample: Sample): UniquesEstimate {
  const uniqueClasses = classesOfSize(sample, 1);
  let sum = 0;
  let first = 0;
  for (const { size, classes, chance } of chancesOfOne(sample)) {
    sum += classes * chance;
    if (size === 1) first += classes * chance;
  }
  const uniques = (uniqueClasses * first) / sum / (sample.records / sample.population);
  return Number.isFinite(uniques) && uniques <= sample.population ? { uniques, valid: true } : INVALID;
}

/**
 * h(s) = C(s,1)·C(N−s, n−1) / C(N, n) = s·n/N · Π_{i<s} (N−n−i+1)/(N−i), with the logarithm of the product carried on
 * from size to size: no factorial of N is ever formed, so any N is as exact as a small one.
 */
function* chancesOfOne({ records, population, sizes }: Sample): Generator<{
  readonly size: number;
  readonly classes: number;
  readonly chance: number;
}> {
  let log = 0;
  let reached = 1;
  for (const { size, classes } of [...sizes].sort((a, b) => a.size - b.size)) {
    for (; reached < size && log > -Infinity; reached += 1) {
      log += Math.log(Math.max(0, population - records - reached + 1) / (population - reached));
    }
    yield { size, classes, chance: ((size * records) / population) * Math.exp(log) };
  }
}
