import fc from 'fast-check';
import { shardsOf } from './shard';

describe('shards', () => {
  it('are consecutive ranges that hold everybody once', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[0-9a-f]{8}$/), { maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        (pseudonyms, personsMax) => {
          const shards = shardsOf(
            pseudonyms.map((pseudonym) => ({ pseudonym })),
            personsMax,
          );
          const listed = shards.flatMap((shard) => shard.persons.map((person) => person.pseudonym));
          expect(listed).toEqual([...pseudonyms].sort());
          expect(shards.map((shard) => shard.index)).toEqual(shards.map((_, index) => index));
          expect(shards.every((shard) => shard.persons.length <= personsMax)).toBe(true);
        },
      ),
    );
  });
});
