import type { PermissionRule, RuleSubject } from '../permission/rule';

/**
 * Whether there may be an actor, a resource, a purpose and a moment that both rules speak of. In doubt yes: a party may be
 * a physician of any provider, and a resource may carry any codes and labels beside each other.
 */
export function overlap(one: PermissionRule, other: PermissionRule): boolean {
  const [a, b] = [one.category, other.category];
  return (
    subjectsOverlap(one.subject, other.subject) &&
    (one.purpose === 'any' || other.purpose === 'any' || one.purpose === other.purpose) &&
    share(a.types, b.types) &&
    share(a.providers, b.providers) &&
    share(a.devices, b.devices) &&
    (a.days?.from ?? '') <= (b.days?.to ?? '9999') &&
    (b.days?.from ?? '') <= (a.days?.to ?? '9999') &&
    (one.period?.from ?? 0) < (other.period?.until ?? Infinity) &&
    (other.period?.from ?? 0) < (one.period?.until ?? Infinity)
  );
}

function share(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  return !one || !other || one.some((value) => other.includes(value));
}

function subjectsOverlap(one: RuleSubject, other: RuleSubject): boolean {
  if ('party' in other && !('party' in one)) return subjectsOverlap(other, one);
  if ('party' in one) {
    if ('party' in other) return one.party === other.party;
    // A provider is no physician, so not one of its own.
    return !('physiciansOf' in other) || one.party !== other.physiciansOf;
  }
  return isResearch(one) === isResearch(other);
}

function isResearch(subject: RuleSubject): boolean {
  return 'class' in subject && subject.class === 'research';
}
