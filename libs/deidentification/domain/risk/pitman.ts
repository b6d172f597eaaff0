import { digamma, logGamma } from './gamma';
import { rootBetween } from './root';
import type { Sample, UniquesEstimate } from './sample';
import { INVALID } from './sample';

/**
 * Population uniques by Pitman's sampling formula (Hoshino 2001; Dankar et al. 2012): θ and α by maximum likelihood, then
 * E = Γ(θ+1) / Γ(θ+α) · N^α. Not valid where the likelihood has no inner maximum: all records unique, or one class.
 */
export function pitman(sample: Sample): UniquesEstimate {
  if (sample.classes < 2 || sample.classes === sample.records) return INVALID;
  const alpha = rootBetween((a) => slopeOfAlpha(sample, thetaOf(sample, a), a), ALPHA_MIN, 1 - ALPHA_MIN);
  if (alpha === undefined) return INVALID;
  const theta = thetaOf(sample, alpha);
  if (theta + 1 <= 0) return INVALID;
  const uniques = Math.exp(logGamma(theta + 1) - logGamma(theta + alpha) + alpha * Math.log(sample.population));
  return Number.isFinite(uniques) && uniques > 0 && uniques <= sample.population ? { uniques, valid: true } : INVALID;
}

const ALPHA_MIN = 1e-6;
/** θ + α is searched on a logarithmic scale in these bounds (natural logarithms). */
const LOG_MIN = Math.log(1e-9);
const LOG_MAX = Math.log(1e15);

/** The likeliest θ at a given α. */
function thetaOf(sample: Sample, alpha: number): number {
  const log = rootBetween((at) => slopeOfTheta(sample, Math.exp(at) - alpha, alpha), LOG_MIN, LOG_MAX);
  return Math.exp(log ?? LOG_MAX) - alpha;
}

/** Σ 1/(θ + iα) over i = 1 … J−1, as a difference of digammas. */
function newClasses({ classes }: Sample, theta: number, alpha: number): number {
  return (digamma(theta / alpha + classes) - digamma(theta / alpha + 1)) / alpha;
}

/** ∂/∂θ of the log-likelihood: Σ_{i<J} 1/(θ+iα) − Σ_{i<n} 1/(θ+i). */
function slopeOfTheta(sample: Sample, theta: number, alpha: number): number {
  return newClasses(sample, theta, alpha) - (digamma(theta + sample.records) - digamma(theta + 1));
}

/** ∂/∂α: Σ_{i<J} i/(θ+iα) − Σ_s c_s Σ_{i<s} 1/(i−α). */
function slopeOfAlpha(sample: Sample, theta: number, alpha: number): number {
  const grown = sample.sizes.reduce(
    (sum, { size, classes }) => sum + classes * (digamma(size - alpha) - digamma(1 - alpha)),
    0,
  );
  return (sample.classes - 1 - theta * newClasses(sample, theta, alpha)) / alpha - grown;
}
