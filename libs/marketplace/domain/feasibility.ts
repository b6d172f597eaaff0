import type { AnsweredCount } from '@aceso/cohort/domain';
import { UNIT_MENU_MINOR, type PriceVerdict } from '@aceso/consent/domain';
import { quote, type Quote } from './quote';

/** Earlier requests of a center from which a share of yes is taken, at least. */
export const HISTORY_REQUESTS_MIN = 3;

/**
 * The cells of a cohort by what terms say: the least price at which they say yes; to be asked, as no terms answer; and terms that say yes at no
 * price of the menu, whose persons are asked all the same.
 */
export const TERMS_CELLS = [...UNIT_MENU_MINOR.map((unitMinor) => `yes-from-${unitMinor}`), 'ask', 'no'] as const;
/** The place of whoever has no terms that answer. */
export const ASK_CELL = TERMS_CELLS.indexOf('ask');
const NO_CELL = TERMS_CELLS.indexOf('no');

/** The place of the cell of a verdict. */
export function termsCell(verdict: PriceVerdict): number {
  if (verdict === 'abstain') return ASK_CELL;
  return verdict === 'deny' ? NO_CELL : UNIT_MENU_MINOR.indexOf(verdict);
}

/** One price of the menu, made of the numbers of the cells as they are shown and of nothing else. */
export interface Offer {
  readonly unitMinor: number;
  /** Persons whose terms say yes at this price: the sum of the cells up to it that are shown; null where none is. */
  readonly approving: number | null;
  /** Whether a cell up to this price is not shown: there may be more. */
  readonly mayBeMore: boolean;
}

/** What was shown of the answers to an earlier request of the same center. */
export interface EarlierRequest {
  readonly asked: number;
  /** Persons that its quote named. */
  readonly personsMax: number;
}

/** How many might say yes at the offered price, and what that would cost. Each part is null where nothing shown says it. */
export interface Expectation {
  /** Terms say yes already. */
  readonly least: number | null;
  /** Everybody is asked whom terms do not answer, and says yes. */
  readonly most: number | null;
  /** By the share that agreed to earlier requests of the center, within least and most. */
  readonly expected: number | null;
  /** How many earlier requests that share is made of. */
  readonly earlierRequests: number;
  readonly price: { readonly least: Quote; readonly most: Quote } | null;
}

/** What the shown cells say of each price, in the order of the menu. */
export function offersOf(cells: readonly AnsweredCount[]): Offer[] {
  return UNIT_MENU_MINOR.map((unitMinor, at) => {
    const upTo = cells.slice(0, at + 1).map(({ approximate }) => approximate);
    const shown = upTo.filter((count) => count !== null);
    const approving = shown.length === 0 ? null : shown.reduce((sum, count) => sum + count, 0);
    return { unitMinor, approving, mayBeMore: shown.length < upTo.length };
  });
}

/**
 * The range of consents at a price, from shown numbers only. Where the total is not shown all of it is null: no advice on prices below the
 * threshold.
 */
export function expectationOf(
  {
    total,
    offers,
    unitMinor,
  }: { readonly total: AnsweredCount; readonly offers: readonly Offer[]; readonly unitMinor: number },
  earlier: readonly EarlierRequest[],
): Expectation {
  const earlierRequests = earlier.length;
  const most = total.approximate;
  if (most === null) return { least: null, most, expected: null, earlierRequests, price: null };
  const offered = offers.find((offer) => offer.unitMinor === unitMinor)?.approving ?? null;
  // Sums of rounded cells may be a little more than the rounded total.
  const least = offered === null ? null : Math.min(offered, most);
  const price = { least: quote(least ?? 0, unitMinor), most: quote(most, unitMinor) };
  return { least, most, expected: expectedOf({ least: least ?? 0, most }, earlier), earlierRequests, price };
}

function expectedOf(
  { least, most }: { readonly least: number; readonly most: number },
  earlier: readonly EarlierRequest[],
): number | null {
  if (earlier.length < HISTORY_REQUESTS_MIN) return null;
  const asked = earlier.reduce((sum, each) => sum + each.asked, 0);
  const agreed = earlier.reduce((sum, each) => sum + Math.min(each.asked, each.personsMax), 0);
  return Math.min(most, Math.max(least, Math.round((most * agreed) / asked)));
}
