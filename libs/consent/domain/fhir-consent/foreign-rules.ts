import type { JsonObject } from '@aceso/fhir';
import type { PermissionRule, RuleCategory, RuleSubject } from '../permission/rule';
import { meet, outranks, partsOf, type RulePart } from './provision-tree';
import type { HeadReading } from './read-head';
import { readCriteria, type Criteria, type ReadContext } from './read-provision';
import { elementsOf, refuse } from './reading';

/** How a document is read that somebody else wrote. */
export interface ImportOptions extends ReadContext {
  /**
   * Whom "everyone" means where the base of a Consent permits: rules know no everyone. Absent: such a Consent is refused.
   * `physicians`: any physician, reading and writing.
   */
  readonly everyone?: 'physicians';
}

/** One provision as it is read, or the base, with those above it. */
interface Place {
  readonly path: string;
  readonly permits: boolean;
  readonly criteria: Criteria;
  readonly above: readonly Place[];
}

interface PlacedRule {
  readonly rule: PermissionRule;
  readonly place: Place;
}

/** Rules of a Consent of another system, in the order of its provisions; its base first where that permits. */
export function foreignRules(head: HeadReading, options: ImportOptions): PermissionRule[] {
  const base: Place = {
    path: head.basePath,
    permits: head.permits,
    criteria: { category: {}, physicians: [], ...(head.period && { period: head.period }) },
    above: [],
  };
  const placed = [...baseRules(base, options), ...head.provisions.flatMap((each) => placedRules(each, base, options))];
  requireSameReading(placed);
  const texts = new Set<string>();
  return placed.map(({ rule }) => rule).filter((rule) => texts.size < texts.add(JSON.stringify(rule)).size);
}

function baseRules(base: Place, { everyone }: ImportOptions): PlacedRule[] {
  if (!base.permits) return [];
  if (!everyone) refuse(base.path, 'permits everyone whom no provision names: say whom that means');
  const { period } = base.criteria;
  const rule = {
    subject: { class: everyone },
    category: {},
    level: 'write',
    purpose: 'any',
    ...(period && { period }),
  };
  return [{ rule: rule as PermissionRule, place: base }];
}

function placedRules(
  [provision, path]: readonly [JsonObject, string],
  parent: Place,
  options: ImportOptions,
): PlacedRule[] {
  const permits = options.version === 'r4' ? readType(provision, path) : !parent.permits;
  if (permits && parent.permits) refuse(`${path}.type`, 'permits what is permitted above it');
  const own = withEmergencies(readCriteria(provision, path, options));
  const labels = own.category.labels ?? [];
  if (labels.length > 1) refuse(`${path}.securityLabel[1]`, 'does not say whether all labels are needed or one');
  const place = { path, permits, criteria: within(parent.criteria, own, path), above: [...parent.above, parent] };
  const below = elementsOf(provision, 'provision', path);
  return [...rulesOf(place, own), ...below.flatMap((each) => placedRules(each, place, options))];
}

/** In v3 ActReason ETREAT is a kind of TREAT: whoever may not treat may not treat in an emergency. Of ours each stands for itself. */
function withEmergencies(criteria: Criteria): Criteria {
  const { purposes } = criteria;
  if (!purposes?.includes('treatment') || purposes.includes('emergency')) return criteria;
  return { ...criteria, purposes: purposes.flatMap((each) => (each === 'treatment' ? [each, 'emergency'] : [each])) };
}

function readType({ type }: JsonObject, path: string): boolean {
  if (type !== 'permit' && type !== 'deny') refuse(`${path}.type`, 'is permit or deny');
  return type === 'permit';
}

/** A rule for every subject and purpose. */
function rulesOf(place: Place, { actions }: Criteria): PlacedRule[] {
  const { criteria, permits, path } = place;
  const level = levelOf(permits, actions, path);
  const everyone: readonly RuleSubject[] = [{ class: 'physicians' }, { class: 'research' }];
  const subjects = criteria.subjects ?? (permits ? refuse(`${path}.actor`, 'names nobody') : everyone);
  const { category, period } = criteria;
  return subjects.flatMap((subject) =>
    (criteria.purposes ?? (['any'] as const)).map((purpose) => ({
      rule: { subject, category, level, purpose, ...(period && { period }) },
      place,
    })),
  );
}

/** `access` is reading and `correct` writing. Whoever may not read does nothing else either. */
function levelOf(permits: boolean, actions: readonly string[] | undefined, path: string): PermissionRule['level'] {
  const has = (action: string): boolean => actions?.includes(action) ?? false;
  if (!permits) {
    if (actions && !(has('access') && has('correct')))
      refuse(`${path}.action`, 'rules deny access and correct together');
    return 'none';
  }
  if (!actions) refuse(`${path}.action`, 'permits every action, also to use and to disclose');
  const other = actions.findIndex((action) => action !== 'access' && action !== 'correct');
  if (other >= 0) refuse(`${path}.action[${other}]`, 'rules permit access and correct only');
  if (!has('access')) refuse(`${path}.action`, 'writing without reading is no level');
  return has('correct') ? 'write' : 'read';
}

/** What an exception says, inside what it is an exception from. Refuses one that reaches further. */
function within(outer: Criteria, own: Criteria, path: string): Criteria {
  const subjects = own.subjects ?? outer.subjects;
  if (own.subjects && outer.subjects) {
    for (const subject of own.subjects) {
      if (!outer.subjects.some((each) => covers(each, subject, own))) refuse(`${path}.actor`, WIDER);
    }
  }
  const purposes = own.purposes ?? outer.purposes;
  if (own.purposes && outer.purposes && !own.purposes.every((each) => outer.purposes?.includes(each))) {
    refuse(`${path}.purpose`, WIDER);
  }
  const period = own.period ?? outer.period;
  if (own.period && outer.period && !isInside(own.period, outer.period)) refuse(`${path}.period`, WIDER);
  return {
    ...(subjects && { subjects }),
    category: categoryWithin(outer.category, own.category, path),
    ...(purposes && { purposes }),
    ...(period && { period }),
    physicians: own.subjects ? own.physicians : outer.physicians,
  };
}

const WIDER = 'reaches beyond the provision that it is an exception from';

function covers(outer: RuleSubject, inner: RuleSubject, { physicians }: Criteria): boolean {
  if (JSON.stringify(outer) === JSON.stringify(inner)) return true;
  if (!('class' in outer) || outer.class !== 'physicians') return false;
  return 'physiciansOf' in inner || ('party' in inner && physicians.includes(inner.party));
}

function categoryWithin(outer: RuleCategory, own: RuleCategory, path: string): RuleCategory {
  for (const part of ['types', 'codes', 'labels', 'providers', 'devices'] as const) {
    const [wide, narrow] = [outer[part] as readonly string[] | undefined, own[part]];
    if (wide && narrow && !narrow.every((value) => wide.includes(value))) refuse(path, `${part}: ${WIDER}`);
  }
  const [wide, narrow] = [outer.days, own.days];
  const days = { from: narrow?.from ?? '0000', to: narrow?.to ?? '9999' };
  if (wide && narrow && (days.from < (wide.from ?? '') || days.to > (wide.to ?? '9999'))) {
    refuse(`${path}.dataPeriod`, WIDER);
  }
  return { ...outer, ...own };
}

function isInside(inner: NonNullable<PermissionRule['period']>, outer: NonNullable<PermissionRule['period']>): boolean {
  return (inner.from ?? 0) >= (outer.from ?? 0) && (inner.until ?? Infinity) <= (outer.until ?? Infinity);
}

/**
 * FHIR decides by the innermost provision, we by the most specific rule. Where a permission and a refusal meet, one must be an
 * exception from the other and the more specific one, or the two readings differ. `read` denies writing by itself, which no
 * provision says: nothing that permits writing may stand below it in rank, unless a provision between denies it.
 */
function requireSameReading(placed: readonly PlacedRule[]): void {
  const parts = placed.flatMap(({ rule, place }, index) =>
    partsOf(rule, index).map((part) => ({ part, place, isSaid: part.permits === place.permits })),
  );
  const permissions = parts.filter(({ part }) => part.permits);
  for (const refusal of parts.filter(({ part }) => !part.permits)) {
    for (const permission of permissions) {
      if (meet(permission.part, refusal.part)) requireOrder(permission, refusal);
    }
  }
}

type Placed = { readonly part: RulePart; readonly place: Place; readonly isSaid: boolean };

function requireOrder(permission: Placed, refusal: Placed): void {
  if (!refusal.isSaid) {
    const between = refusal.place.above.some((place) => !place.permits && place.above.includes(permission.place));
    if (between || outranks(permission.part, refusal.part)) return;
    refuse(refusal.place.path, 'permits reading only, where another provision permits writing too');
  }
  if (refusal.place.above.includes(permission.place)) {
    if (outranks(refusal.part, permission.part)) return;
    refuse(refusal.place.path, 'is no more specific than what it is an exception from');
  }
  if (permission.place.above.includes(refusal.place)) {
    if (outranks(permission.part, refusal.part)) return;
    refuse(permission.place.path, 'is no more specific than what it is an exception from');
  }
  const later = permission.part.index > refusal.part.index ? permission : refusal;
  refuse(later.place.path, 'meets another provision that says the contrary, and is no exception from it');
}
