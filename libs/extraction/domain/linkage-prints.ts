import { firstDay } from '@aceso/deidentification/domain';
import { concat, hex, u64, utf8, type HmacSha256 } from '@aceso/kernel';
import { collectCodes, personOf } from './row-scan';

/** By which values two packages are compared (privacy-and-keys section 6). */
export const PRINT_KINDS = ['diagnoses', 'codes', 'intervals', 'numbers'] as const;
export type PrintKind = (typeof PRINT_KINDS)[number];

/**
 * Keyed digests of what persons of a package look like by values; only of those that are unique in it, as nobody else can
 * be joined. They name nobody, and stand in no order that says anything.
 */
export type PackagePrints = Readonly<Record<PrintKind, readonly string[]>>;

/** Bytes of a print: among a million persons two are equal by chance with probability 3e-8. */
export const PRINT_BYTES = 8;

/** How far a package joins to earlier ones of the same buyer by values alone: shares of its persons, the highest found. */
export interface ValueLinkage {
  readonly earlierPackages: number;
  readonly highestShare: Readonly<Record<PrintKind, number>>;
}

type Row = { readonly [element: string]: unknown };

/** Sums of mixed hashes: the same for the same values in any order, in constant memory. */
class Mix {
  private low = 0;
  private high = 0;
  private values = 0;

  add(text: string): void {
    let [a, b] = [0x811c9dc5, 0x9e3779b9];
    for (let at = 0; at < text.length; at += 1) {
      a = Math.imul(a ^ text.charCodeAt(at), 0x01000193);
      b = Math.imul(b + text.charCodeAt(at), 0x85ebca6b) ^ (b >>> 13);
    }
    this.low = (this.low + (a ^ (a >>> 15))) >>> 0;
    this.high = (this.high + (b ^ (b >>> 16))) >>> 0;
    this.values += 1;
  }

  bytes(): Uint8Array | null {
    if (this.values === 0) return null;
    return concat(u64(BigInt(this.high) * 2n ** 32n + BigInt(this.low)), u64(this.values));
  }
}

interface Person {
  readonly diagnoses: Set<string>;
  readonly mixes: Record<Exclude<PrintKind, 'diagnoses'>, Mix>;
  firstDay: number | undefined;
}

/** Collects the prints of a package while its rows pass by. Memory grows with the persons, not with the rows. */
export class LinkagePrints {
  readonly #persons = new Map<string, Person>();

  add(row: Row): void {
    const person = this.#personOf(row);
    const codes = new Set<string>();
    collectCodes(row, codes);
    for (const code of codes) person.mixes.codes.add(code);
    if (row['resourceType'] === 'Condition') collectCodes(row['code'], person.diagnoses);
    const day = firstDay(row);
    if (day !== undefined) {
      // Counted from the person's first row: a shift moves both, so the difference is the same in every sale.
      person.firstDay ??= day;
      person.mixes.intervals.add(String(day - person.firstDay));
    }
    const value = (row['valueQuantity'] as { readonly value?: unknown } | undefined)?.value;
    if (typeof value === 'number') person.mixes.numbers.add(`${[...codes].join()}=${value}`);
  }

  /** The prints of persons that are unique in the package, under a key of the instance. */
  prints(key: Uint8Array, hmacSha256: HmacSha256): PackagePrints {
    const persons = [...this.#persons.values()];
    const of = (kind: PrintKind): readonly string[] => {
      const found = persons.flatMap((person) => {
        const value = kind === 'diagnoses' ? diagnosesOf(person) : person.mixes[kind].bytes();
        return value ? [hex.encode(hmacSha256(key, utf8(`${kind}\0`), value).slice(0, PRINT_BYTES))] : [];
      });
      return uniqueOf(found).sort();
    };
    return { diagnoses: of('diagnoses'), codes: of('codes'), intervals: of('intervals'), numbers: of('numbers') };
  }

  #personOf(row: Row): Person {
    const pseudonym = personOf(row);
    let person = this.#persons.get(pseudonym);
    if (!person) {
      person = {
        diagnoses: new Set(),
        mixes: { codes: new Mix(), intervals: new Mix(), numbers: new Mix() },
        firstDay: undefined,
      };
      this.#persons.set(pseudonym, person);
    }
    return person;
  }
}

function diagnosesOf({ diagnoses }: Person): Uint8Array | null {
  return diagnoses.size === 0 ? null : utf8([...diagnoses].sort().join());
}

function uniqueOf(prints: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const print of prints) counts.set(print, (counts.get(print) ?? 0) + 1);
  return [...counts].filter(([, count]) => count === 1).map(([print]) => print);
}

/** Compares a package with every earlier one; `persons` are those of the new package. */
export function valueLinkage(prints: PackagePrints, persons: number, earlier: readonly PackagePrints[]): ValueLinkage {
  const highest = (kind: PrintKind): number =>
    earlier.reduce((most, one) => {
      const there = new Set(one[kind]);
      return Math.max(most, prints[kind].filter((print) => there.has(print)).length / Math.max(1, persons));
    }, 0);
  return {
    earlierPackages: earlier.length,
    highestShare: {
      diagnoses: highest('diagnoses'),
      codes: highest('codes'),
      intervals: highest('intervals'),
      numbers: highest('numbers'),
    },
  };
}
