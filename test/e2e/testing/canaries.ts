import { leavesOf, type SourcePerson } from './source-persons';

/** What must be found nowhere. Texts are found as words, the others as whole tokens of their form. */
export type CanaryKind = 'text' | 'id' | 'date' | 'time' | 'amount';

export interface Leak {
  readonly place: string;
  readonly kind: CanaryKind;
  /** How many different canaries of this kind were found there; never which. */
  readonly found: number;
  /** The elements they come from. */
  readonly elements: readonly string[];
}

/** Elements that name a person, a carer, a place or a device. */
const TEXT =
  /^(Patient\.(name\.(family|given)|address\.(line|city|postalCode)|telecom\.value|identifier\.value)|Encounter\.participant\.individual\.display|Device\.serialNumber)$/;
const AMOUNT = /^Claim\.total\.value$/;
const UUID = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/gi;
const DAY = /(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)/g;
const TIME = /(?<!\d)\d{2}:\d{2}:\d{2}(?!\d)/g;
/** Two decimals make an amount: shorter numbers are also values of something else. */
const CENTS = /(?<![\d.])\d+\.\d{2}(?![\d.])/g;
const INSTANT = /(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?/g;
/** Among random bytes every short name stands somewhere: these are looked for in runs that a person could read. */
const SHORT_NAME = /^[\x20-\x7e]{1,6}$/;
const NOT_READABLE = /[^\t\n\x20-\x7e]/;
const READABLE_MIN = 16;
const IS_WORD = /[\p{L}\p{N}]/u;

const plain = (uuid: string): string => uuid.replaceAll('-', '').toLowerCase();
const tokens = (text: string, form: RegExp): string[] => [...text.matchAll(form)].map(([token]) => token);

/** The canaries of all persons, and the search for them. */
export class Canaries {
  private readonly byKind: Record<CanaryKind, Map<string, string>> = {
    text: new Map(),
    id: new Map(),
    date: new Map(),
    time: new Map(),
    amount: new Map(),
  };

  /** `since` is the day on which the test runs: moments from then on are the instance's own clock. */
  constructor(
    persons: readonly SourcePerson[],
    private readonly since: string,
  ) {
    for (const { resources } of persons) {
      for (const resource of resources) {
        for (const [path, value] of leavesOf(resource)) this.add(`${resource.resourceType}.${path}`, String(value));
      }
    }
  }

  get count(): number {
    return Object.values(this.byKind).reduce((sum, { size }) => sum + size, 0);
  }

  /** The canaries of some kinds that a text holds, as one finding a kind. */
  leaks(place: string, text: string, kinds: readonly CanaryKind[] = ['text', 'id', 'date', 'time', 'amount']): Leak[] {
    const own = text.replace(INSTANT, (instant, day: string) => (day >= this.since ? '' : instant));
    return kinds.flatMap((kind) => {
      const elements = [...this.found(kind, own)];
      return elements.length === 0 ? [] : [{ place, kind, found: elements.length, elements: [...new Set(elements)] }];
    });
  }

  /** Drops names that are also words of ours ("Grant"): finding them says nothing. Returns how many. */
  dropWordsOf(text: string): number {
    const words = [...this.byKind.text.keys()].filter((canary) => holdsWord(text.toLowerCase(), canary));
    for (const word of words) this.byKind.text.delete(word);
    return words.length;
  }

  private add(element: string, value: string): void {
    if (TEXT.test(element)) this.byKind.text.set(value.toLowerCase(), element);
    for (const id of tokens(value, UUID)) this.byKind.id.set(plain(id), element);
    for (const day of tokens(value, DAY)) this.byKind.date.set(day, element);
    for (const time of tokens(value, TIME)) this.byKind.time.set(time, element);
    if (AMOUNT.test(element)) for (const amount of tokens(value, CENTS)) this.byKind.amount.set(amount, element);
  }

  /** The element of each canary of a kind that stands in the text. */
  private *found(kind: CanaryKind, text: string): Generator<string> {
    const known = this.byKind[kind];
    if (kind === 'text') {
      const folded = text.toLowerCase();
      const runs = folded.split(NOT_READABLE).filter(({ length }) => length >= READABLE_MIN);
      const readable = runs.join('\n');
      for (const [canary, element] of known)
        if (holdsWord(SHORT_NAME.test(canary) ? readable : folded, canary)) yield element;
      return;
    }
    const form = { id: UUID, date: DAY, time: TIME, amount: CENTS }[kind];
    for (const token of new Set(tokens(text, form).map((one) => (kind === 'id' ? plain(one) : one)))) {
      const element = known.get(token);
      if (element !== undefined) yield element;
    }
  }
}

function holdsWord(text: string, word: string): boolean {
  // Decimals are no house or postal number.
  const isPart = /^\d/.test(word) ? /[\p{L}\p{N}.]/u : IS_WORD;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!isPart.test(text[at - 1] ?? ' ') && !IS_WORD.test(text[at + word.length] ?? ' ')) return true;
  }
  return false;
}
