import type { FhirResource } from '@aceso/fhir';
import type { SourceRecords } from './leaks.patients';

/** What must be found in no file of a package. */
export type CanaryKind = 'text' | 'id' | 'date' | 'number' | 'amount';

export interface Leak {
  readonly kind: CanaryKind | 'time';
  /** The element of the source; never the value. */
  readonly element: string;
}

/** Elements that name a person, a carer, a place or a device, or that somebody wrote freely. */
const TEXT =
  /(^|\.)(family|given|line|city|postalCode|serialNumber|lotNumber|distinctIdentifier|deviceIdentifier|carrierHRF|div|data|conclusion|valueString)$|(identifier|telecom)\.value$|^(Organization|Location|Practitioner)\.name$|note\.text$|description\.text$|(individual|provider|performer|author|custodian|actor|who|requester|serviceProvider|organization|location|facility|coverage|insurer|subject|patient)\.display$/;
/** US Core race and ethnicity leave as categories, and a state does. */
const CATEGORY = /^Patient\.extension\.extension\.valueString$/;
const CODE = /\.coding\.code$/;
/** Shorter texts are words and codes by chance; so are short numbers. */
const TEXT_LENGTH_MIN = 3;
const DIGITS_MIN = 5;
const DIGITS_EXACT_MIN = 6;
/** One or two digits are a sequence number. */
const AMOUNT_DIGITS_MIN = 3;
const UUID = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/gi;
const DAY = /(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)/g;
const TIME = /(?<![\d:])\d{2}:\d{2}:\d{2}(?![\d:])/g;
const NUMBER = /(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])/gi;
/** Numbers of JSON, and texts with two decimals: codes of three digits are neither. */
const NUMBER_NO_CODE = /(?<=[:,[]\s*)\d+(?:\.\d+)?(?=[,}\]])|(?<![\w.])\d+\.\d{2}(?![\w.])/g;
const WORD = /[\p{L}\p{N}]+/gu;
const IS_WORD = /[\p{L}\p{N}]/u;

/** Significant digits of a number as it is written. */
export const digitsOf = (value: number): number =>
  String(value)
    .replace(/e.*$/, '')
    .replace(/\D/g, '')
    .replace(/^0+|0+$/g, '').length;

export type Leaf = readonly [path: string, value: unknown];

/** Every value of a resource with the path of its element. */
export function* leavesOf(value: unknown, path = ''): Generator<Leaf> {
  if (Array.isArray(value)) for (const one of value) yield* leavesOf(one, path);
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) yield* leavesOf(inner, path === '' ? name : `${path}.${name}`);
  else yield [path, value];
}

/** Everything of the source records that a package must not hold, and the search for it. */
export class LeakCanaries {
  /** Texts in lower case, by their first word. */
  private readonly texts = new Map<string, Map<string, string>>();
  private readonly ids = new Map<string, string>();
  private readonly days = new Map<string, string>();
  /** Numbers of more than six digits. */
  private readonly numbers = new Map<number, string>();
  private readonly amounts = new Map<number, string>();

  constructor({ patients, others }: SourceRecords) {
    for (const resource of [...patients.flat(), ...others]) this.addResource(resource);
  }

  /** How many different canaries there are of each kind. */
  get counts(): Readonly<Record<CanaryKind, number>> {
    const text = [...this.texts.values()].reduce((sum, { size }) => sum + size, 0);
    const { ids, days, numbers, amounts } = this;
    return { text, id: ids.size, date: days.size, number: numbers.size, amount: amounts.size };
  }

  /** Leaves out names that are also words of ours ("Page"): finding them says nothing. Returns how many. */
  dropWordsOf(text: string): number {
    const found = [...this.textsIn(text)];
    for (const canary of found) this.texts.get(firstWord(canary)!)!.delete(canary);
    return found.length;
  }

  /**
   * What stands in a text, every canary once. `days`: a day of the source is a leak there. `shortAmounts`: numbers of the text
   * are those of claims, so that amounts of few digits are looked for as well.
   */
  *search(
    text: string,
    { days, shortAmounts }: { readonly days: boolean; readonly shortAmounts: boolean },
  ): Generator<Leak> {
    for (const canary of this.textsIn(text)) {
      yield { kind: 'text', element: this.texts.get(firstWord(canary)!)!.get(canary)! };
    }
    for (const id of matches(text, UUID)) yield* leak('id', this.ids.get(plain(id)));
    if (days) for (const day of matches(text, DAY)) yield* leak('date', this.days.get(day));
    for (const time of matches(text, TIME)) if (time !== '00:00:00') yield { kind: 'time', element: 'a time of day' };
    for (const number of numbersIn(text, NUMBER)) {
      yield* leak('number', this.numbers.get(number));
      if (digitsOf(number) >= DIGITS_MIN) yield* leak('amount', this.amounts.get(number));
    }
    if (!shortAmounts) return;
    for (const number of numbersIn(text, NUMBER_NO_CODE))
      if (digitsOf(number) >= AMOUNT_DIGITS_MIN && digitsOf(number) < DIGITS_MIN)
        yield* leak('amount', this.amounts.get(number));
  }

  private addResource(resource: FhirResource): void {
    for (const [path, value] of leavesOf(resource)) {
      const element = `${resource.resourceType}.${path}`;
      if (typeof value === 'number' && digitsOf(value) > DIGITS_EXACT_MIN) this.numbers.set(value, element);
      if (typeof value !== 'string') continue;
      // Some code systems have codes of 36 characters: those are meant to leave.
      if (!CODE.test(element)) for (const id of matches(value, UUID)) this.ids.set(plain(id), element);
      for (const day of matches(value, DAY)) this.days.set(day, element);
      if (TEXT.test(element) && !CATEGORY.test(element)) this.addText(value, element);
    }
    for (const [element, value] of amountsOf(resource, resource.resourceType)) this.amounts.set(value, element);
  }

  private addText(value: string, element: string): void {
    const folded = value.trim().toLowerCase();
    const first = firstWord(folded);
    if (first === undefined || folded.length < TEXT_LENGTH_MIN) return;
    if (/^\d+$/.test(folded) && folded.length < DIGITS_MIN) return;
    const known = this.texts.get(first) ?? new Map<string, string>();
    this.texts.set(first, known.set(folded, element));
  }

  private textsIn(text: string): Set<string> {
    const folded = text.toLowerCase();
    const found = new Set<string>();
    for (const { 0: word, index } of folded.matchAll(WORD)) {
      for (const canary of this.texts.get(word)?.keys() ?? []) {
        const start = index - canary.indexOf(word);
        if (folded.startsWith(canary, start) && isWhole(folded, start, canary)) found.add(canary);
      }
    }
    return found;
  }
}

function* leak(kind: CanaryKind, element: string | undefined): Generator<Leak> {
  if (element !== undefined) yield { kind, element };
}

const plain = (uuid: string): string => uuid.replaceAll('-', '').toLowerCase();
const matches = (text: string, form: RegExp): Set<string> => new Set([...text.matchAll(form)].map(([token]) => token));
const numbersIn = (text: string, form: RegExp): Set<number> => new Set([...matches(text, form)].map(Number));
const firstWord = (text: string): string | undefined => WORD_ONCE.exec(text)?.[0];
const WORD_ONCE = new RegExp(WORD.source, 'u');

/** Not inside of a longer word; digits not inside of a decimal number. */
function isWhole(text: string, start: number, canary: string): boolean {
  const end = start + canary.length;
  const isPart = /^\d+$/.test(canary) ? /[\p{L}\p{N}.]/u : IS_WORD;
  const [before, after] = [text[start - 1] ?? ' ', text[end] ?? ' '];
  return !(IS_WORD.test(canary[0]!) && isPart.test(before)) && !(IS_WORD.test(canary.at(-1)!) && IS_WORD.test(after));
}

/** Amounts of money, known by their currency. */
function* amountsOf(value: unknown, path: string): Generator<readonly [element: string, amount: number]> {
  if (Array.isArray(value)) for (const one of value) yield* amountsOf(one, path);
  else if (typeof value === 'object' && value !== null) {
    const { currency, value: amount } = value as { readonly currency?: unknown; readonly value?: unknown };
    if (currency !== undefined && typeof amount === 'number') yield [path, amount];
    for (const [name, inner] of Object.entries(value)) yield* amountsOf(inner, `${path}.${name}`);
  }
}
