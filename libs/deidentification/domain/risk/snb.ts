import { rootBetween } from './root';
import { classesOfSize, INVALID, type Sample, type UniquesEstimate } from './sample';

/**
 * Population uniques by the slide negative binomial model (Chen and Keller-McNulty 1998): a class of the population has
 * 1 + NB(α, p) people, each sampled with probability π = n/N. K, the number of classes of the population, comes from
 * {@link populationClasses}; α and p make the expected numbers of classes of one and of two records those of the sample;
 * E = K · p^α. Not valid where no such α and p exist, or more than one pair.
 */
export function snb(sample: Sample): UniquesEstimate {
  const [ones, twos] = [classesOfSize(sample, 1), classesOfSize(sample, 2)];
  const classes = populationClasses(sample);
  if (ones === 0 || twos === 0 || !(classes > sample.classes && classes <= sample.population)) return INVALID;
  const model = { fraction: sample.records / sample.population, ratio: twos / ones };
  const excess = (logit: number) => classes * expectedOnes(model, logit) - ones;
  const roots: number[] = [];
  for (let at = -LOGIT_MAX; at < LOGIT_MAX; at += LOGIT_STEP) {
    const root = rootBetween(excess, at, at + LOGIT_STEP);
    if (root !== undefined) roots.push(root);
  }
  if (roots.length !== 1) return INVALID;
  const uniques = classes * Math.exp(alphaAt(model, roots[0]!) * -Math.log1p(Math.exp(-roots[0]!)));
  return Number.isFinite(uniques) && uniques > 0 ? { uniques, valid: true } : INVALID;
}

/** p is searched as ln(p / (1−p)) in these bounds. */
const LOGIT_MAX = 20;
const LOGIT_STEP = 0.25;

interface Model {
  /** π, between 0 and 1. */
  readonly fraction: number;
  /** Classes of two records a class of one. */
  readonly ratio: number;
}

/** r of the generating function of sampled sizes, (1−π+πs) · (p/c)^α · (1−rs)^−α with c = 1 − (1−p)(1−π), r = (1−p)π/c. */
function rAt({ fraction }: Model, logit: number): number {
  const rest = 1 / (1 + Math.exp(logit)); // 1 − p
  return (rest * fraction) / (1 - rest * (1 - fraction));
}

/** The α at which P(2)/P(1) = [παr + (1−π)α(α+1)r²/2] / [π + (1−π)αr] is the ratio of the sample: one positive root. */
function alphaAt(model: Model, logit: number): number {
  const { fraction, ratio } = model;
  const r = rAt(model, logit);
  const [square, linear] = [
    ((1 - fraction) * r * r) / 2,
    fraction * r + ((1 - fraction) * r * r) / 2 - ratio * (1 - fraction) * r,
  ];
  const root = Math.sqrt(linear * linear + 4 * square * ratio * fraction);
  return linear > 0 ? (2 * ratio * fraction) / (linear + root) : (root - linear) / (2 * square);
}

/** P(1): the chance that exactly one of a class of the population is sampled. */
function expectedOnes(model: Model, logit: number): number {
  const alpha = alphaAt(model, logit);
  const p = 1 / (1 + Math.exp(-logit));
  const c = 1 - (1 - p) * (1 - model.fraction);
  return Math.exp(alpha * Math.log(p / c)) * (model.fraction + (1 - model.fraction) * alpha * rAt(model, logit));
}

/**
 * Number of classes of the population: Shlosser's estimator in the third modified form of Haas and Stokes (1998),
 * J + c1 · [Σ iπ²(1−π²)^(i−1) c_i / Σ (1−π)^i ((1+π)^i − 1) c_i] · [Σ (1−π)^i c_i / Σ iπ(1−π)^(i−1) c_i]².
 */
export function populationClasses(sample: Sample): number {
  const fraction = sample.records / sample.population;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (const { size, classes } of sample.sizes) {
    a += size * fraction ** 2 * (1 - fraction ** 2) ** (size - 1) * classes;
    b += ((1 - fraction ** 2) ** size - (1 - fraction) ** size) * classes;
    c += (1 - fraction) ** size * classes;
    d += size * fraction * (1 - fraction) ** (size - 1) * classes;
  }
  return sample.classes + classesOfSize(sample, 1) * (a / b) * (c / d) ** 2;
}
