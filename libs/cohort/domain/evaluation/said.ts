import { SEXES, UNKNOWN, type PersonColumns } from '@aceso/register/domain';
import type { Births } from './matched';
import type { PlannedRule } from './plan';

/** A rule about what is said of a person itself. */
export type SaidRule = Extract<
  PlannedRule,
  { readonly sexes: unknown } | { readonly born: unknown } | { readonly states: unknown }
>;

// As in passes.ts: not asked for each person.
const NOT_KNOWN = UNKNOWN;

/** Sets the slots of persons to whether a rule holds for them. */
export function said(persons: PersonColumns, rule: SaidRule, held: Uint8Array): void {
  if ('sexes' in rule) ofSex(persons, rule.sexes, held);
  else if ('born' in rule) ofBirth(persons, rule.born, held);
  else ofRegion(persons, rule, held);
}

function ofSex({ n, slots, sexes }: PersonColumns, asked: readonly number[], held: Uint8Array): void {
  const isAsked = Uint8Array.from(SEXES, (_, place) => +asked.includes(place));
  for (let at = 0; at < n; at += 1) held[slots[at]!] = isAsked[sexes[at]!]!;
}

function ofBirth(
  { n, slots, firstMonths, lastMonths }: PersonColumns,
  { lastMax = Infinity, firstMin = -Infinity }: Extract<SaidRule, { readonly born: unknown }>['born'],
  held: Uint8Array,
): void {
  for (let at = 0; at < n; at += 1) {
    const first = firstMonths[at]!;
    held[slots[at]!] = +(first !== NOT_KNOWN && lastMonths[at]! <= lastMax && first >= firstMin);
  }
}

function ofRegion(
  { n, slots, states, zip3 }: PersonColumns,
  asked: Extract<SaidRule, { readonly states: unknown }>,
  held: Uint8Array,
): void {
  for (let at = 0; at < n; at += 1) {
    held[slots[at]!] = +(asked.states.includes(states[at]!) || asked.zip3.includes(zip3[at]!));
  }
}

/** Keeps the months in which persons may be born, by slot. */
export function keepBirths({ n, slots, firstMonths, lastMonths }: PersonColumns, { first, last }: Births): void {
  for (let at = 0; at < n; at += 1) {
    first[slots[at]!] = firstMonths[at]!;
    last[slots[at]!] = lastMonths[at]!;
  }
}
