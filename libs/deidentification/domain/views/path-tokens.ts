import { DeidentificationError } from '../../deidentification.errors';

/** A piece of a FHIRPath expression (http://hl7.org/fhirpath/N1/, grammar). `from` and `to` are places in the text. */
export interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'temporal' | 'constant' | 'special' | 'symbol' | 'end';
  /** Names and strings without their quotes and escapes, constants without the percent sign. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** A name in back quotes is never an operator. */
  readonly quoted?: boolean;
}

const SPACE = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)+/y;
const PIECES: readonly (readonly [Token['kind'], RegExp])[] = [
  ['temporal', /@(?:T\d{2}[\d:.]*|\d{4}(?:-\d{2}){0,2}(?:T[\d:.]*(?:Z|[+-]\d{2}:\d{2})?)?)/y],
  ['number', /\d+(?:\.\d+)?/y],
  ['string', /'(?:[^'\\]|\\.)*'/y],
  ['name', /[A-Za-z_][A-Za-z0-9_]*|`(?:[^`\\]|\\.)*`/y],
  ['constant', /%(?:[A-Za-z_][A-Za-z0-9_-]*|`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*')/y],
  ['special', /\$(?:this|index|total)/y],
  ['symbol', /<=|>=|!=|!~|[.,()[\]{}=~<>+\-*/&|]/y],
];

/** Cuts an expression into tokens. Throws VIEW_PATH_INVALID at the first character that belongs to none. */
export function tokensOf(text: string, at: string): readonly Token[] {
  const tokens: Token[] = [];
  let from = 0;
  for (;;) {
    from += matchAt(SPACE, text, from)?.length ?? 0;
    if (from >= text.length) break;
    const token = tokenAt(text, from);
    if (token === undefined) {
      throw new DeidentificationError('VIEW_PATH_INVALID', `${at}: not FHIRPath at character ${from + 1}`);
    }
    tokens.push(token);
    from = token.to;
  }
  return [...tokens, { kind: 'end', text: '', from, to: from }];
}

function tokenAt(text: string, from: number): Token | undefined {
  for (const [kind, pattern] of PIECES) {
    const found = matchAt(pattern, text, from);
    if (found === undefined) continue;
    const to = from + found.length;
    if (kind === 'constant' || kind === 'special') return { kind, text: unquoted(found.slice(1)), from, to };
    return { kind, text: unquoted(found), from, to, ...(found.startsWith('`') ? { quoted: true } : {}) };
  }
  return undefined;
}

function matchAt(pattern: RegExp, text: string, from: number): string | undefined {
  pattern.lastIndex = from;
  return pattern.exec(text)?.[0];
}

const ESCAPES: { readonly [letter: string]: string } = { n: '\n', r: '\r', t: '\t', f: '\f' };

function unquoted(text: string): string {
  if (!text.startsWith("'") && !text.startsWith('`')) return text;
  return text
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, letter: string) =>
      code === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
    );
}
