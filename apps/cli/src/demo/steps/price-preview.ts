import type { PartyClient } from '../party-client';
import type { Progress } from '../progress';
import { requireShown } from './shown';

interface Money {
  readonly amountMinor: string;
  readonly currency: string;
}

interface Preview {
  readonly total: { readonly approximate: number | null };
  readonly cells: readonly {
    readonly terms: 'YES' | 'ASK' | 'NO';
    readonly from: Money | null;
    readonly count: { readonly approximate: number | null };
  }[];
  readonly expectation: {
    readonly least: number | null;
    readonly most: number | null;
    readonly leastPrice: { readonly escrow: Money } | null;
    readonly mostPrice: { readonly escrow: Money } | null;
  };
  readonly classes: { readonly kept: number | null };
  readonly completeness: readonly {
    readonly types: readonly string[];
    readonly having: { readonly approximate: number | null };
  }[];
}

const PREVIEW = `query($draft: FeasibilityInput!) { feasibility(draft: $draft) {
  total { approximate }
  cells { terms from { amountMinor currency } count { approximate } }
  expectation { least most leastPrice { escrow { amountMinor currency } } mostPrice { escrow { amountMinor currency } } }
  classes { kept } completeness { types having { approximate } } } }`;

/** Bands of the classes that it looks at. */
const BANDS_YEARS = 20;

const money = ({ amountMinor, currency }: Money): string => `${(Number(amountMinor) / 100).toFixed(2)} ${currency}`;
const persons = (count: number | null): string => (count === null ? 'no number' : `about ${count} persons`);

/** Before anybody is asked the center sees what standing terms would say at which price, and what the request may cost. */
export async function showPrices(
  researcher: PartyClient,
  draft: Record<string, unknown>,
  progress: Progress,
): Promise<void> {
  const { feasibility } = await researcher.run<{ feasibility: Preview }>(PREVIEW, {
    draft: { ...draft, ageBandYears: BANDS_YEARS, completeness: true },
  });
  const { total, cells, expectation, classes, completeness } = feasibility;
  const { least, most, leastPrice, mostPrice } = expectation;
  if (total.approximate === null) {
    const shown = cells.some(({ count }) => count.approximate !== null) || least !== null || mostPrice !== null;
    requireShown(!shown, 'where there is no number of persons there is no advice on prices');
    progress.note('no advice on prices: there are too few persons');
    return;
  }
  progress.note('what it would meet, before anybody is asked:');
  for (const { terms, from, count } of cells) {
    const said = from
      ? `terms say yes from ${money(from)}`
      : terms === 'ASK'
        ? 'are asked, without terms'
        : 'terms say no';
    progress.note(`  ${said}: ${persons(count.approximate)}`);
  }
  if (leastPrice && mostPrice) {
    progress.note(
      `at the offered price ${least ?? 'an unknown number'} to ${most} may agree: ${money(leastPrice.escrow)} to ${money(mostPrice.escrow)}`,
    );
  }
  progress.note(
    `if all agree at least ${classes.kept} of them are in classes of age (${BANDS_YEARS} years) and sex that a file may show`,
  );
  for (const { types, having } of completeness) {
    if (having.approximate !== null) progress.note(`  with ${types.join(', ')}: about ${having.approximate} persons`);
  }
}
