/** A place in a Circe document and why it could not be said, or need not be. */
export interface NamedPlace {
  /** JSON pointer (RFC 6901). */
  readonly path: string;
  readonly why: string;
}

/** A value of a Circe document with its place. */
export class CirceNode {
  constructor(
    readonly value: unknown,
    readonly path: string,
    private readonly named: NamedPlace[],
  ) {}

  /** A member; of what is no object, nothing. */
  at(key: string): CirceNode {
    const value = isObject(this.value) && Object.hasOwn(this.value, key) ? this.value[key] : undefined;
    return new CirceNode(value, `${this.path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, this.named);
  }

  get items(): CirceNode[] {
    if (!Array.isArray(this.value)) return [];
    return this.value.map((value, at) => new CirceNode(value, `${this.path}/${at}`, this.named));
  }

  get keys(): string[] {
    return isObject(this.value) ? Object.keys(this.value) : [];
  }

  get text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined;
  }

  get number(): number | undefined {
    return typeof this.value === 'number' && Number.isFinite(this.value) ? this.value : undefined;
  }

  get isTrue(): boolean {
    return this.value === true;
  }

  /** ATLAS writes every member: null, false, and lists and objects without anything in them say nothing. */
  get saysNothing(): boolean {
    return saysNothing(this.value);
  }

  /** Names this place as one that could not be said. */
  name(why: string): undefined {
    this.named.push({ path: this.path, why });
  }

  /** Names each member that says something and is none of these. */
  nameOthers(known: readonly string[]): void {
    for (const key of this.keys) {
      const member = this.at(key);
      if (!known.includes(key) && !member.saysNothing) member.name('there is no rule for this');
    }
  }
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}
