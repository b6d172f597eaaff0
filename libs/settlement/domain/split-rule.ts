import {
  assert,
  BASIS_POINTS,
  canonicalJson,
  hex,
  portion,
  splitEqually,
  utf8,
  type PartyId,
  type PersonId,
  type Sha256,
} from '@aceso/kernel';

/**
 * How the price of one included person is divided. The document is what a grant's `splitRule` hash names: it is
 * never edited, a change is a new version beside the old one.
 */
export interface SplitRule {
  readonly document: 'aceso/split-rule';
  readonly version: number;
  /** Shares are taken of the price of one included person, each rounded down to a whole minor unit. */
  readonly per: 'included person';
  readonly providersBasisPoints: number;
  readonly providersAmong: 'equal parts among the distinct providers bound to the person';
  readonly platformBasisPoints: number;
  readonly patient: 'the rest';
  readonly remainders: 'platform';
  readonly unspentEscrow: 'buyer';
}

/** Version 1: providers 20 %, platform 10 %, the patient the rest (70 %). */
export const SPLIT_RULE: SplitRule = {
  document: 'aceso/split-rule',
  version: 1,
  per: 'included person',
  providersBasisPoints: 2_000,
  providersAmong: 'equal parts among the distinct providers bound to the person',
  platformBasisPoints: 1_000,
  patient: 'the rest',
  remainders: 'platform',
  unspentEscrow: 'buyer',
};

/** Hex SHA-256 over the canonical JSON of the rule: the name by which grants and requests cite it. */
export function splitRuleHash(sha256: Sha256, rule: SplitRule = SPLIT_RULE): string {
  return hex.encode(sha256(utf8(canonicalJson(rule))));
}

/** What one included person's price becomes, in minor units. `providers` is in the order of the ids given. */
export interface PersonShares {
  readonly patient: bigint;
  readonly providers: readonly { readonly providerId: PartyId; readonly amountMinor: bigint }[];
  readonly platform: bigint;
}

/** Net amount to the patient in minor units: what the notice shows and the grant signs. Rounded down. */
export function patientShare(unitMinor: bigint, rule: SplitRule = SPLIT_RULE): bigint {
  return portion(unitMinor, BASIS_POINTS - BigInt(rule.providersBasisPoints) - BigInt(rule.platformBasisPoints));
}

/** Divides the price of one person; every remainder goes to the platform, so the shares add up to the price. */
export function splitUnit(
  unitMinor: bigint,
  providerIds: readonly PartyId[],
  rule: SplitRule = SPLIT_RULE,
): PersonShares {
  assert(unitMinor > 0n, 'the price of a person is positive');
  // Two records at one provider are one provider: padding a record earns nothing.
  const providers = [...new Set(providerIds)];
  assert(providers.length > 0, 'an included person is bound through a provider');

  const patient = patientShare(unitMinor, rule);
  const { share } = splitEqually(portion(unitMinor, BigInt(rule.providersBasisPoints)), providers.length);
  const platform = unitMinor - patient - share * BigInt(providers.length);
  return { patient, providers: providers.map((providerId) => ({ providerId, amountMinor: share })), platform };
}

/** Who earns by whom in a release: the patients that count towards closing a provider's pool. */
export function providerShares(
  unitMinor: bigint,
  persons: readonly IncludedPerson[],
): { readonly providerId: PartyId; readonly personId: PersonId }[] {
  return persons.flatMap(({ personId, providerIds }) =>
    splitUnit(unitMinor, providerIds)
      .providers.filter(({ amountMinor }) => amountMinor > 0n)
      .map(({ providerId }) => ({ providerId, personId })),
  );
}

/** One person of a release and the providers whose bound records of that person are in it. */
export interface IncludedPerson {
  readonly personId: PersonId;
  readonly providerIds: readonly PartyId[];
}
