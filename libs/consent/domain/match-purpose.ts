import type { AskedRequest } from './asked-content';
import type { DiseaseTree } from './disease-tree';
import { matchModifier } from './match-modifiers';
import { deny, matchPermission, verdictOf, type Finding, type Verdict } from './match-permission';
import { isNonProfit } from './coded-use';
import type { Alternative, TermsSet } from './standing-terms';

/** What terms say to a request. */
export interface Match {
  readonly verdict: Verdict;
  /** Why not, of the alternative that came nearest; empty for an approval. */
  readonly reasons: readonly string[];
  /** Place of the alternative that decided, from 0; null where there is none. */
  readonly alternative: number | null;
  /** Until when it is approved, in seconds; null while nothing but the terms' own end limits it. */
  readonly until: number | null;
}

/** By what a request is judged; `at` in milliseconds. */
export interface MatchContext {
  readonly tree: DiseaseTree;
  readonly at: number;
}

/** Beyond these seconds nothing ends. */
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Judges a request against a patient's terms: one alternative that approves is enough (DUO #109: "GRU after 12 months in AU, or DS
 * now"). Else it abstains when one abstains: then the patient decides, and else denies. Of several that approve, the one that lasts
 * longest decides. Terms without alternatives deny everything.
 */
export function matchPurpose(request: AskedRequest, terms: TermsSet, context: MatchContext): Match {
  if (terms.splitRule !== request.price.splitRule) {
    return {
      verdict: 'deny',
      reasons: ['the price is shared by another rule than the terms name'],
      alternative: null,
      until: null,
    };
  }
  const judged = terms.alternatives.map((alternative, at) => {
    const findings = matchAlternative(request, alternative, context);
    return { at, findings, verdict: verdictOf(findings), until: alternative.until ?? NEVER };
  });
  const [best] = judged.sort(
    (a, b) =>
      RANK[a.verdict] - RANK[b.verdict] || b.until - a.until || a.findings.length - b.findings.length || a.at - b.at,
  );
  if (!best) return { verdict: 'deny', reasons: ['the terms permit nothing'], alternative: null, until: null };
  const { verdict, findings, until } = best;
  return {
    verdict,
    reasons: findings.map(({ reason }) => reason),
    alternative: best.at,
    until: verdict === 'approve' && until !== NEVER ? until : null,
  };
}

const RANK: Readonly<Record<Verdict, number>> = { approve: 0, abstain: 1, deny: 2 };

/** Everything in which a request fails one alternative; nothing means that it is approved. */
export function matchAlternative(
  request: AskedRequest,
  alternative: Alternative,
  { tree, at }: MatchContext,
): readonly Finding[] {
  const { permission, modifiers } = alternative;
  const { research, methods, diseases, topics, buyerKind } = request.use;
  const purpose = { research, methods, diseases, topics, nonProfit: isNonProfit(buyerKind) };
  return [
    ...matchPermission(purpose, permission, { tree, rules: 'strict' }),
    ...modifiers.flatMap((modifier) => matchModifier(request, modifier, { permission, tree })),
    ...matchOwnConditions(request, alternative, at / 1000),
  ];
}

/** What DUO has no code for: who buys, which kinds of data, for how much, under which pledges, and when. */
function matchOwnConditions(request: AskedRequest, alternative: Alternative, atSeconds: number): readonly Finding[] {
  const { use, fields, price } = request;
  const { buyerKinds, categories, minimumPrice, safeguards, from, until } = alternative;
  const findings: Finding[] = [];
  if (!buyerKinds.some((kind) => kind === use.buyerKind))
    findings.push(deny(`research centers of kind ${use.buyerKind} are not permitted`));
  const wider = fields.filter((field) => !categories.includes(field));
  if (wider.length > 0) findings.push(deny(`kinds of data that are not permitted: ${wider.join(', ')}`));
  if (price.currency !== minimumPrice.currency || price.unitMinor < minimumPrice.unitMinor) {
    findings.push(deny(`the price is below ${minimumPrice.unitMinor} minor units of ${minimumPrice.currency}`));
  }
  for (const safeguard of safeguards) {
    if (!use.pledges.includes(safeguard)) findings.push(deny(`the request does not pledge ${safeguard}`));
  }
  if (from !== undefined && atSeconds < from) findings.push(deny('this alternative has not begun'));
  if (until !== undefined && atSeconds >= until) findings.push(deny('this alternative has ended'));
  return findings;
}
