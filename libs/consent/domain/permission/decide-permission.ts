import { fit, specificity, type AskedCategory } from './category';
import type { NumberedRule, Purpose, RuleCategory } from './rule';

/** Who wants access. */
export interface PermissionActor {
  readonly partyId: string;
  readonly role: string;
  /** Providers that a physician is a member of at this moment. */
  readonly providers: readonly string[];
}

export interface PermissionQuestion {
  readonly actor: PermissionActor;
  readonly category: AskedCategory;
  readonly purpose: Purpose;
  readonly act: 'read' | 'write';
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly at: number;
}

export interface PermissionSettings {
  /** Whether a provider reads what it wrote itself, whatever the rules say: where law obliges it to keep records. */
  readonly authorsRead: boolean;
  /** What holds where no rule speaks: no, unless another statement of the patient (a grant, discovery terms) says yes. */
  readonly unruled: 'deny' | 'permit';
}

/** What a permitted act must leave out. */
export interface Obligation {
  readonly redact: RuleCategory;
  readonly rule: NumberedRule;
}

/** `abstain`: parts of what was asked are permitted and others not, so there is no one answer; whoever needs a yes has none. */
export interface PermissionDecision {
  readonly effect: 'permit' | 'deny' | 'abstain';
  /** What decided: a rule, the provider's own writing, or what holds where no rule speaks. */
  readonly basis: 'rule' | 'author' | 'unruled';
  /** The rule that decided; of `abstain`, the one that permits a part. */
  readonly rule: NumberedRule | null;
  /** By number of the rule. Of one resource there are none. */
  readonly obligations: readonly Obligation[];
}

interface Weighed {
  readonly rule: NumberedRule;
  readonly weight: number;
  readonly denies: boolean;
}

/**
 * Decides whether an actor may do something with a category of a person's records (product.md, Permissions): of the rules
 * that speak of all that is asked, the most specific one decides; among equally specific ones deny beats permit. Rules that
 * speak of a part become obligations where they deny, and make the answer `abstain` where they permit what is else denied.
 * The order of the rules does not matter.
 */
export function decidePermission(
  rules: readonly NumberedRule[],
  question: PermissionQuestion,
  { authorsRead, unruled }: PermissionSettings,
): PermissionDecision {
  const { actor, category, act } = question;
  if (authorsRead && act === 'read' && actor.role === 'provider' && category.provider === actor.partyId) {
    return { effect: 'permit', basis: 'author', rule: null, obligations: [] };
  }
  let decider: Weighed | null = null;
  const parts: Weighed[] = [];
  for (const rule of rules) {
    if (!speaks(rule, question)) continue;
    const denies = act === 'read' ? rule.level === 'none' : rule.level !== 'write';
    const fits = fit(rule.category, category, denies);
    if (fits === 'none') continue;
    const weighed = { rule, denies, weight: specificity(rule) * 2 + (denies ? 1 : 0) };
    if (fits === 'part') parts.push(weighed);
    else if (!decider || isHeavier(weighed, decider)) decider = weighed;
  }
  return conclude(decider, parts, unruled);
}

function conclude(
  decider: Weighed | null,
  parts: readonly Weighed[],
  unruled: PermissionSettings['unruled'],
): PermissionDecision {
  const basis = decider ? 'rule' : 'unruled';
  const heavier = parts.filter(({ weight }) => weight > (decider?.weight ?? 0));
  if (decider ? decider.denies : unruled === 'deny') {
    const permits = heavier.filter(({ denies }) => !denies);
    const first = permits.reduce<Weighed | null>((a, b) => (!a || isHeavier(b, a) ? b : a), null);
    if (first) return { effect: 'abstain', basis: 'rule', rule: first.rule, obligations: [] };
    return { effect: 'deny', basis, rule: decider?.rule ?? null, obligations: [] };
  }
  const obligations = heavier
    .filter(({ denies }) => denies)
    .map(({ rule }) => ({ redact: rule.category, rule }))
    .sort((a, b) => a.rule.number - b.rule.number);
  return { effect: 'permit', basis, rule: decider?.rule ?? null, obligations };
}

/** Of equal weight the lower number is named: which of them does not change the answer. */
function isHeavier(one: Weighed, other: Weighed): boolean {
  return one.weight > other.weight || (one.weight === other.weight && one.rule.number < other.rule.number);
}

/** Whether a rule is in force and speaks of this actor and purpose. */
function speaks({ subject, purpose, period }: NumberedRule, question: PermissionQuestion): boolean {
  if (purpose !== 'any' && purpose !== question.purpose) return false;
  if (period?.from !== undefined && question.at < period.from * 1000) return false;
  if (period?.until !== undefined && question.at >= period.until * 1000) return false;
  const { partyId, role, providers } = question.actor;
  if ('party' in subject) return subject.party === partyId;
  if ('physiciansOf' in subject) return role === 'physician' && providers.includes(subject.physiciansOf);
  return role === (subject.class === 'physicians' ? 'physician' : 'researcher');
}
