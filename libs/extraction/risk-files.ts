import { RandomSource, riskPage, riskReport, type RefusalCode, type RiskReport } from '@aceso/deidentification/domain';
import { disclose } from '@aceso/cohort/domain';
import { hex, utf8, type RandomBytes } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import type { AbandonReason } from './domain/attempt';
import { RISK_FILE, RISK_PAGE_FILE } from './domain/package-layout';
import { riskInputOf, type RiskFacts } from './domain/risk-facts';
import type { PackagedFile } from './package-assembler';

/** A risk report as text files, and why it refuses the release, if it does. */
export interface RiskFiles {
  readonly refusal: AbandonReason | null;
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

/** Judges final files and writes the report on them, as JSON and as a page. */
export function riskFiles(
  facts: Omit<RiskFacts, 'filesHash' | 'below' | 'disclose'>,
  dataFiles: readonly PackagedFile[],
  randomBytes: RandomBytes,
): RiskFiles {
  const random = new RandomSource(randomBytes);
  const report = riskReport(
    riskInputOf({
      ...facts,
      filesHash: hashOf(dataFiles),
      below: (limit) => random.below(limit),
      disclose: (sum) => disclose(sum).approximate,
    }),
  );
  return {
    refusal: refusalOf(report),
    files: [
      { name: RISK_FILE, text: `${JSON.stringify(report, null, 2)}\n` },
      { name: RISK_PAGE_FILE, text: riskPage(report) },
    ],
  };
}

/** One line a data file, `<SHA-256>  <name>`, by name: what `sha256sum data/*` prints. */
function hashOf(dataFiles: readonly PackagedFile[]): string {
  const lines = dataFiles
    .map(({ name, sha256: hash }) => `${hash}  ${name}\n`)
    .sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1));
  return hex.encode(sha256(utf8(lines.join(''))));
}

/**
 * A class that is too small may be mended by a new measurement, as when a record turned out to be unreadable. What the attack
 * found is final: drawing again until luck helps would be no test.
 */
const REFUSALS: Readonly<Record<RefusalCode, AbandonReason>> = {
  CLASS_BELOW_THRESHOLD: 'K_NOT_REACHED',
  POPULATION_CLASS_BELOW_THRESHOLD: 'K_NOT_REACHED',
  ATTACK_BEATS_PREDICTION: 'RISK_TOO_HIGH',
};

function refusalOf({ verdict: { reasons } }: RiskReport): AbandonReason | null {
  const refusals = reasons.map(({ code }) => REFUSALS[code]);
  return refusals.includes('RISK_TOO_HIGH') ? 'RISK_TOO_HIGH' : (refusals[0] ?? null);
}
