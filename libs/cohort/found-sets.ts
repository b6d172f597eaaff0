import { UNKNOWN, type PersonColumns } from '@aceso/register/domain';
import type { EvaluatedBlock } from './cohort-index';
import { ofWords, wordsFor, type PersonSet } from './domain/person-set';
import type { Member } from './domain/profile';

/** All who are counted at all. */
export function everybodyIn(blocks: readonly EvaluatedBlock[]): PersonSet {
  const words = wordsOf(blocks);
  for (const { found, numbers } of blocks) {
    for (let slot = 0; slot < found.length; slot += 1) if (found[slot] === 1) add(words, numbers[slot]!);
  }
  return ofWords(words);
}

/** Who is in each of the steps `from` to `to`, counted from one. */
export function stepSets(blocks: readonly EvaluatedBlock[], from: number, to: number): PersonSet[] {
  const sets = Array.from({ length: to - from + 1 }, () => wordsOf(blocks));
  for (const { numbers, answer } of blocks) {
    const { depths } = answer;
    for (let slot = 0; slot < depths.length; slot += 1) {
      for (let step = from; step <= depths[slot]!; step += 1) add(sets[step - from]!, numbers[slot]!);
    }
  }
  return sets.map(ofWords);
}

/** Whom all rules hold for. */
export function membersOf(blocks: readonly EvaluatedBlock[]): Member[] {
  return blocks.flatMap(({ task, numbers, answer }) => {
    const said = saidBySlot(task.block.persons, numbers.length);
    return Array.from(answer.slots, (slot, at) => ({
      number: numbers[slot]!,
      sex: said.sexes[slot]!,
      bornFirst: said.first[slot]!,
      bornLast: said.last[slot]!,
      entryDay: answer.entryDays?.[at] ?? null,
    }));
  });
}

function saidBySlot(persons: readonly PersonColumns[], slots: number) {
  const unknown = () => new Int16Array(slots).fill(UNKNOWN);
  const said = { sexes: unknown(), first: unknown(), last: unknown() };
  for (const { n, slots: places, sexes, firstMonths, lastMonths } of persons) {
    for (let at = 0; at < n; at += 1) {
      const slot = places[at]!;
      said.sexes[slot] = sexes[at]!;
      said.first[slot] = firstMonths[at]!;
      said.last[slot] = lastMonths[at]!;
    }
  }
  return said;
}

/** Room for every number that is found. */
function wordsOf(blocks: readonly EvaluatedBlock[]): Uint32Array {
  let most = -1;
  for (const { numbers } of blocks) for (let at = 0; at < numbers.length; at += 1) most = Math.max(most, numbers[at]!);
  return new Uint32Array(wordsFor(most));
}

function add(words: Uint32Array, number: number): void {
  words[number >> 5]! |= 1 << (number & 31);
}
