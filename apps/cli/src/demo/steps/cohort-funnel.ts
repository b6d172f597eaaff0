import type { PartyClient } from '../party-client';
import type { Progress } from '../progress';

const SNOMED = 'http://snomed.info/sct';
const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';

/** The example of docs/how-to/build-a-cohort.md, in the same words: people over forty who took lisinopril within a year after hypertension was first found, and had no diabetes by then. */
export const TREATED_HYPERTENSION = {
  version: 1,
  entry: { first: [{ condition: { system: SNOMED, codes: ['59621000'] } }] },
  all: [
    { age: { min: 40, at: 'entry' } },
    { medication: { system: RXNORM, codes: ['314076'], within: { from: 0, to: 365 } } },
    { none: [{ condition: { system: SNOMED, codes: ['44054006'], within: { to: 0 } } }] },
  ],
};

interface FunnelStep {
  readonly sentence: string;
  readonly count: { readonly approximate: number | null; readonly reason: 'TOO_SMALL' | 'TOO_CLOSE' | null };
}

/** A center sees rule by rule how a cohort shrinks: rounded numbers, and none that would tell of a few by subtracting. */
export async function showFunnel(researcher: PartyClient, progress: Progress): Promise<void> {
  progress.step('A research center builds a cohort, rule by rule');
  const { cohortFunnel } = await researcher.run<{ cohortFunnel: FunnelStep[] }>(
    `query($criteria: String!) { cohortFunnel(criteria: $criteria) { sentence count { approximate reason } } }`,
    { criteria: JSON.stringify(TREATED_HYPERTENSION) },
  );
  for (const { sentence, count } of cohortFunnel) {
    const left = count.approximate === null ? `no number (${count.reason})` : `about ${count.approximate} persons`;
    progress.note(`${left}: ${sentence}`);
  }
}
