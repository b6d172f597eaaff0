import { assert } from '@aceso/kernel';

/** Persons in one shard: small enough that a shard that dies costs seconds, large enough to keep the queue short. */
export const SHARD_PERSONS_MAX = 40;

/** One unit of work: the persons whose sale pseudonyms lie in a range. Ranges follow each other without overlap. */
export interface Shard<Person> {
  readonly index: number;
  readonly persons: readonly Person[];
}

/**
 * Cuts persons into shards by pseudonym. Ordering by a keyed hash means that neither the order of shards nor that of
 * rows says anything about the register.
 */
export function shardsOf<Person extends { readonly pseudonym: string }>(
  persons: readonly Person[],
  personsMax: number = SHARD_PERSONS_MAX,
): readonly Shard<Person>[] {
  assert(Number.isInteger(personsMax) && personsMax > 0, 'a shard holds at least one person');
  const sorted = [...persons].sort((a, b) => (a.pseudonym < b.pseudonym ? -1 : 1));
  return Array.from({ length: Math.ceil(sorted.length / personsMax) }, (_, index) => ({
    index,
    persons: sorted.slice(index * personsMax, (index + 1) * personsMax),
  }));
}
