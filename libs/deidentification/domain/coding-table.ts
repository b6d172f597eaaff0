import { holdsLuhn, holdsVerhoeff } from './check-digit';
import type { CodeSyntax, Policy } from './policy';

/** A coding as it leaves. Rows share one frozen object a code. */
export interface ReleasedCoding {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}

/** A coding with its key (`system|code`) and the concept that holds nothing else: most concepts have one coding. */
export interface KnownCoding {
  readonly coding: ReleasedCoding;
  readonly key: string;
  readonly concept: { readonly coding: readonly ReleasedCoding[] };
}

/** Text of a code from a table of ours (never the provider's text in the record). */
export type DisplayOf = (system: string, code: string) => string | undefined;

export type LookupCoding = (system: unknown, code: unknown) => KnownCoding | undefined;

const CODE_LENGTH_MAX = 64;
/** Distinct codes kept a system; above it the table starts anew. */
const CODES_MAX = 50_000;

/** Decides once a distinct code whether it leaves: its system is allowed, the code holds the system's syntax. */
export function codingTable(codeSystems: Policy['codeSystems'], displayOf: DisplayOf): LookupCoding {
  const tables = new Map<string, { holds: (code: string) => boolean; codes: Map<string, KnownCoding | undefined> }>();
  for (const [system, syntax] of Object.entries(codeSystems)) {
    tables.set(system, { holds: syntaxCheck(syntax), codes: new Map() });
  }
  return (system, code) => {
    const table = tables.get(system as string);
    if (table === undefined || typeof code !== 'string') return undefined;
    const known = table.codes.get(code);
    if (known !== undefined || table.codes.has(code)) return known;
    if (table.codes.size >= CODES_MAX) table.codes.clear();
    const decided = table.holds(code) ? knownCoding(system as string, code, displayOf) : undefined;
    table.codes.set(code, decided);
    return decided;
  };
}

function knownCoding(system: string, code: string, displayOf: DisplayOf): KnownCoding {
  const display = displayOf(system, code);
  const coding = Object.freeze(display === undefined ? { system, code } : { system, code, display });
  return { coding, key: `${system}|${code}`, concept: Object.freeze({ coding: Object.freeze([coding]) }) };
}

function syntaxCheck(syntax: CodeSyntax): (code: string) => boolean {
  if ('codes' in syntax) {
    const codes = new Set(syntax.codes);
    return (code) => codes.has(code);
  }
  const form = new RegExp(`^(?:${syntax.pattern})$`);
  const also = syntax.alsoPattern === undefined ? undefined : new RegExp(`^(?:${syntax.alsoPattern})$`);
  const holds = syntax.checkDigit === 'luhn' ? holdsLuhn : syntax.checkDigit === 'verhoeff' ? holdsVerhoeff : undefined;
  return (code) => {
    if (code.length > CODE_LENGTH_MAX) return false;
    if (form.test(code)) return holds === undefined || holds(code);
    return also !== undefined && also.test(code);
  };
}
