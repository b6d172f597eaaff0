import { DeidentificationError } from '../../deidentification.errors';
import { tokensOf, type Token } from './path-tokens';

/** A FHIRPath expression as a tree. `this` is the element that the expression is asked of. */
export type PathNode =
  | { readonly kind: 'this' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  /** Dates, times, and numbers with a unit: compared by the library only. */
  | { readonly kind: 'special'; readonly text: string }
  | { readonly kind: 'constant'; readonly name: string; readonly from: number; readonly to: number }
  | { readonly kind: 'member'; readonly of: PathNode; readonly name: string }
  | { readonly kind: 'index'; readonly of: PathNode; readonly index: PathNode }
  | { readonly kind: 'call'; readonly of: PathNode; readonly name: string; readonly args: readonly PathNode[] }
  | { readonly kind: 'operator'; readonly operator: string; readonly operands: readonly PathNode[] }
  | { readonly kind: 'type'; readonly of: PathNode; readonly type: PathNode };

export const THIS: PathNode = Object.freeze({ kind: 'this' });

/** Binary operators, those that bind least first (http://hl7.org/fhirpath/N1/, operator precedence). */
const LEVELS: readonly (readonly string[])[] = [
  ['implies'],
  ['or', 'xor'],
  ['and'],
  ['in', 'contains'],
  ['=', '~', '!=', '!~'],
  ['<', '>', '<=', '>='],
  ['|'],
  ['is', 'as'],
  ['+', '-', '&'],
  ['*', '/', 'div', 'mod'],
];
const UNITS = /^(?:year|month|week|day|hour|minute|second|millisecond)s?$/;
/** Brackets and signs inside each other: an expression that people write stays far below. */
const NESTING_MAX = 40;

/** Parses an expression. Throws VIEW_PATH_INVALID with the place; `at` says which expression it is. */
export function parsePath(text: string, at: string): PathNode {
  return new PathParser(tokensOf(text, at), at).whole();
}

class PathParser {
  private next = 0;
  private nesting = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly at: string,
  ) {}

  whole(): PathNode {
    const node = this.binary(0);
    if (this.token.kind !== 'end') this.fail();
    return node;
  }

  private binary(level: number): PathNode {
    const operators = LEVELS[level];
    if (operators === undefined) return this.unary();
    let left = this.binary(level + 1);
    while (this.isOperator(operators)) {
      const operator = this.take().text;
      if (operator === 'is' || operator === 'as') {
        left =
          operator === 'as'
            ? { kind: 'call', of: left, name: 'ofType', args: [this.invocations()] }
            : { kind: 'type', of: left, type: this.invocations() };
      } else left = { kind: 'operator', operator, operands: [left, this.binary(level + 1)] };
    }
    return left;
  }

  private unary(): PathNode {
    if (!this.isSymbol('-') && !this.isSymbol('+')) return this.invocations();
    const operator = this.take().text;
    return { kind: 'operator', operator, operands: [this.nested(() => this.unary())] };
  }

  private invocations(): PathNode {
    let node = this.term();
    for (;;) {
      if (this.isSymbol('.')) {
        this.take();
        node = this.invocation(node);
      } else if (this.isSymbol('[')) {
        this.take();
        const index = this.nested(() => this.binary(0));
        this.expect(']');
        node = { kind: 'index', of: node, index };
      } else return node;
    }
  }

  private term(): PathNode {
    const token = this.token;
    switch (token.kind) {
      case 'string':
        return { kind: 'literal', value: this.take().text };
      case 'number':
        return this.number();
      case 'temporal':
        return { kind: 'special', text: this.take().text };
      case 'constant':
        this.take();
        return { kind: 'constant', name: token.text, from: token.from, to: token.to };
      case 'special':
        this.take();
        return token.text === 'this' ? THIS : { kind: 'special', text: token.text };
      case 'name':
        if (!token.quoted && (token.text === 'true' || token.text === 'false'))
          return { kind: 'literal', value: this.take().text === 'true' };
        return this.invocation(THIS);
      case 'symbol':
        return this.bracketed();
      case 'end':
        return this.fail();
    }
  }

  private number(): PathNode {
    const value = Number(this.take().text);
    const unit = this.token;
    if (unit.kind !== 'string' && !(unit.kind === 'name' && UNITS.test(unit.text))) return { kind: 'literal', value };
    return { kind: 'special', text: this.take().text };
  }

  private bracketed(): PathNode {
    if (this.isSymbol('{')) {
      this.take();
      this.expect('}');
      return { kind: 'empty' };
    }
    this.expect('(');
    const node = this.nested(() => this.binary(0));
    this.expect(')');
    return node;
  }

  private invocation(of: PathNode): PathNode {
    const name = this.take();
    if (name.kind === 'special' && name.text === 'this') return of;
    if (name.kind !== 'name') return this.fail(name);
    if (!this.isSymbol('(')) return { kind: 'member', of, name: name.text };
    this.take();
    const args: PathNode[] = [];
    while (!this.isSymbol(')')) {
      if (args.length > 0) this.expect(',');
      args.push(this.nested(() => this.binary(0)));
    }
    this.take();
    return { kind: 'call', of, name: name.text, args };
  }

  private nested(parse: () => PathNode): PathNode {
    this.nesting += 1;
    if (this.nesting > NESTING_MAX) this.fail();
    const node = parse();
    this.nesting -= 1;
    return node;
  }

  private get token(): Token {
    return this.tokens[this.next]!;
  }

  private take(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.next += 1;
    return token;
  }

  private isSymbol(text: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === text;
  }

  private isOperator(operators: readonly string[]): boolean {
    const { kind, text, quoted } = this.token;
    return (kind === 'symbol' || (kind === 'name' && quoted !== true)) && operators.includes(text);
  }

  private expect(symbol: string): void {
    if (!this.isSymbol(symbol)) this.fail();
    this.take();
  }

  private fail({ kind, from }: Token = this.token): never {
    const place = kind === 'end' ? 'it ends too early' : `look at character ${from + 1}`;
    throw new DeidentificationError('VIEW_PATH_INVALID', `${this.at}: this is not FHIRPath; ${place}`);
  }
}
