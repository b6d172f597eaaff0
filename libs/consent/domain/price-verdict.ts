import type { AskedRequest } from './asked-content';
import type { Verdict } from './match-permission';
import { matchPurpose, type MatchContext } from './match-purpose';
import { UNIT_MENU_MINOR } from './price-menu';
import type { TermsSet } from './standing-terms';

/** A request that is not sent yet and has no price: a preview tries all of the menu. */
export type DraftedRequest = Pick<AskedRequest, 'use' | 'fields' | 'termMonths'> & {
  readonly price: Omit<AskedRequest['price'], 'unitMinor'>;
};

/**
 * Nobody's request: terms that name parties or requests do not approve it, so that a preview is the same for every research center of a
 * kind, and never says yes for terms that would not.
 */
const UNNAMED: Pick<AskedRequest, 'requestId' | 'recipients'> = { requestId: '', recipients: [''] };

/** The least price of the menu (minor units) at which terms approve; else what they say at the highest. */
export type PriceVerdict = (typeof UNIT_MENU_MINOR)[number] | Exclude<Verdict, 'approve'>;

/** What terms say to a draft over the whole menu: by `matchPurpose`, at each price from the lowest. */
export function priceVerdict(draft: DraftedRequest, terms: TermsSet, context: MatchContext): PriceVerdict {
  let last: Exclude<Verdict, 'approve'> = 'deny';
  for (const unitMinor of UNIT_MENU_MINOR) {
    const asked = { ...draft, ...UNNAMED, price: { ...draft.price, unitMinor } };
    const { verdict } = matchPurpose(asked, terms, context);
    if (verdict === 'approve') return unitMinor;
    last = verdict;
  }
  return last;
}
