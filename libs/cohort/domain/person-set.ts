import { assert, concat } from '@aceso/kernel';

/** A set of persons as bits over their numbers (`register.person_index.number`): word n holds the numbers 32n to 32n + 31. */
export interface PersonSet {
  readonly words: Uint32Array;
  /** How many persons. */
  readonly size: number;
}

/** How far two sets, or a set and what others make up, are apart. */
export interface Apart {
  /** Persons in the first one only. */
  readonly more: number;
  /** Persons in what it is compared with only. */
  readonly less: number;
}

/** Numbers below this are stored: members are at most 16 MiB. */
export const PERSON_NUMBER_MAX = 2 ** 27;
/** Numbers with equal upper bits stand together, as a list where they are few: a bitmap has 8,192 bytes. */
const CHUNK_NUMBERS = 65_536;
const LISTED_MAX = 4_096;
const CHUNK_BYTES = CHUNK_NUMBERS / 8;
const HEAD_BYTES = 4;

/** The set without members. */
export const NOBODY: PersonSet = { words: new Uint32Array(0), size: 0 };

/** A set of the numbers. */
export function personSet(numbers: Iterable<number>): PersonSet {
  const list = [...numbers];
  const words = new Uint32Array(wordsFor(list.reduce((most, each) => Math.max(most, each), -1)));
  for (const number of list) words[number >> 5]! |= 1 << (number & 31);
  return ofWords(words);
}

/** Words for the numbers up to one, which is -1 where there is none. */
export function wordsFor(numberMax: number): number {
  assert(numberMax >= -1 && numberMax < PERSON_NUMBER_MAX, 'numbers of persons are within their limit');
  return (numberMax + 32) >> 5;
}

/** A set that is given by its words. */
export function ofWords(words: Uint32Array): PersonSet {
  let size = 0;
  for (let at = 0; at < words.length; at += 1) size += ones(words[at]!);
  return { words, size };
}

/** How far two sets are apart: A \ B and B \ A. Counting stops where there are more than `most` on the first side. */
export function apart(a: PersonSet, b: PersonSet, most = Infinity): Apart {
  let more = 0;
  const [left, right] = [a.words, b.words];
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared && more <= most; at += 1) more += ones(left[at]! & ~right[at]!);
  for (let at = shared; at < left.length && more <= most; at += 1) more += ones(left[at]!);
  return { more, less: b.size - a.size + more };
}

/**
 * How far a set is from two others added up: less are those whom only they have, and those whom they both have, in it or not. Counting
 * stops where there are more than `most` on a side.
 */
export function apartFromSum(whole: PersonSet, one: PersonSet, other: PersonSet, most = Infinity): Apart {
  let [more, less] = [0, 0];
  const [w, a, b] = [whole.words, one.words, other.words];
  const length = Math.max(w.length, a.length, b.length);
  const shared = Math.min(w.length, a.length, b.length);
  for (let at = 0; at < shared && more <= most && less <= most; at += 1) {
    more += ones(w[at]! & ~(a[at]! | b[at]!));
    less += ones(((a[at]! | b[at]!) & ~w[at]!) | (a[at]! & b[at]!));
  }
  for (let at = shared; at < length && more <= most && less <= most; at += 1) {
    const [of, left, right] = [w[at] ?? 0, a[at] ?? 0, b[at] ?? 0];
    more += ones(of & ~(left | right));
    less += ones(((left | right) & ~of) | (left & right));
  }
  return { more, less };
}

/** The persons of several sets. */
export function union(sets: readonly PersonSet[]): PersonSet {
  const words = new Uint32Array(sets.reduce((most, each) => Math.max(most, each.words.length), 0));
  for (const each of sets) for (let at = 0; at < each.words.length; at += 1) words[at]! |= each.words[at]!;
  return ofWords(words);
}

/** Whether a number is in a set. */
export const isIn = ({ words }: PersonSet, number: number): boolean =>
  ((words[number >> 5] ?? 0) & (1 << (number & 31))) !== 0;

/** The parts of a set: each person is in the one at the place that `partOf` gives for its number. */
export function splitSet(set: PersonSet, parts: number, partOf: (number: number) => number): PersonSet[] {
  const words = Array.from({ length: parts }, () => new Uint32Array(set.words.length));
  for (let at = 0; at < set.words.length; at += 1) {
    for (let word = set.words[at]!; word !== 0; word &= word - 1) {
      const bit = word & -word;
      const part = words[partOf(32 * at + 31 - Math.clz32(bit))];
      assert(part !== undefined, 'each person is in one of the parts');
      part[at]! |= bit;
    }
  }
  return words.map(ofWords);
}

/** Who is in both. */
export function intersection(a: PersonSet, b: PersonSet): PersonSet {
  return ofWords(a.words.slice(0, b.words.length).map((word, at) => word & b.words[at]!));
}

/** Who is in the first one only. */
export function without(a: PersonSet, b: PersonSet): PersonSet {
  return ofWords(a.words.map((word, at) => word & ~(b.words[at] ?? 0)));
}

/**
 * The one form in which a set is stored and digested: for each 65,536 numbers that have members their upper bits, how many there
 * are less one, and the lower bits of each, or a bitmap where they are more than 4,096 (little-endian; after Roaring bitmaps,
 * Chambi et al. 2016).
 */
export function encodePersonSet({ words }: PersonSet): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < words.length; from += CHUNK_NUMBERS / 32) {
    const chunk = words.subarray(from, from + CHUNK_NUMBERS / 32);
    const { size } = ofWords(chunk);
    if (size === 0) continue;
    const listed = size <= LISTED_MAX;
    const part = new Uint8Array(HEAD_BYTES + (listed ? 2 * size : CHUNK_BYTES));
    const view = new DataView(part.buffer);
    view.setUint16(0, from / (CHUNK_NUMBERS / 32), true);
    view.setUint16(2, size - 1, true);
    if (listed) lowerBits(chunk).forEach((low, at) => view.setUint16(HEAD_BYTES + 2 * at, low, true));
    else chunk.forEach((word, at) => view.setUint32(HEAD_BYTES + 4 * at, word, true));
    parts.push(part);
  }
  return concat(...parts);
}

/** The set of what `encodePersonSet` wrote. */
export function decodePersonSet(bytes: Uint8Array): PersonSet {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new Uint32Array(chunksIn(view) * (CHUNK_NUMBERS / 32));
  let at = 0;
  while (at < bytes.length) {
    const [key, size] = [view.getUint16(at, true), view.getUint16(at + 2, true) + 1];
    at += HEAD_BYTES;
    const base = key * (CHUNK_NUMBERS / 32);
    if (size <= LISTED_MAX) {
      for (let nth = 0; nth < size; nth += 1, at += 2) {
        const low = view.getUint16(at, true);
        words[base + (low >> 5)]! |= 1 << (low & 31);
      }
    } else {
      for (let nth = 0; nth < CHUNK_NUMBERS / 32; nth += 1, at += 4) words[base + nth] = view.getUint32(at, true);
    }
  }
  return ofWords(words);
}

/** One more than the last key. */
function chunksIn(view: DataView): number {
  let chunks = 0;
  for (let at = 0; at < view.byteLength;) {
    chunks = view.getUint16(at, true) + 1;
    const size = view.getUint16(at + 2, true) + 1;
    at += HEAD_BYTES + (size <= LISTED_MAX ? 2 * size : CHUNK_BYTES);
  }
  return chunks;
}

function lowerBits(chunk: Uint32Array): number[] {
  const found: number[] = [];
  for (let at = 0; at < chunk.length; at += 1) {
    for (let word = chunk[at]!; word !== 0; word &= word - 1) found.push(32 * at + 31 - Math.clz32(word & -word));
  }
  return found;
}

/** How many bits of a word are set: sums in ever wider fields (Warren, Hacker's Delight, 5-1). */
function ones(word: number): number {
  let bits = (word - ((word >>> 1) & 0x5555_5555)) | 0;
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  bits = (bits + (bits >>> 4)) & 0x0f0f_0f0f;
  bits += bits >>> 8;
  return (bits + (bits >>> 16)) & 63;
}
