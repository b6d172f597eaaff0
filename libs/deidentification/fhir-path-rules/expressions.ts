import type * as fhirpath from 'fhirpath';
import * as r4 from 'fhirpath/fhir-context/r4';
import type { JsonObject } from '@aceso/fhir';
import { descendants, type ElementNode } from './element-tree';

/**
 * FHIRPath through the library. Functions are an allow-list: what would read a clock, a server or a terminology, or would
 * write content to the console (`trace`), is not there.
 */
const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'empty not exists all allTrue anyTrue allFalse anyFalse subsetOf supersetOf isDistinct distinct count where extension ' +
    'select sum min max avg single first last tail take skip combine union intersect exclude ofType is as type iif toInteger ' +
    'toDecimal toString toDate toDateTime toTime toBoolean toQuantity convertsToInteger convertsToDecimal convertsToString ' +
    'convertsToDate convertsToDateTime convertsToTime convertsToBoolean convertsToQuantity hasValue getValue indexOf ' +
    'lastIndexOf substring startsWith endsWith contains upper lower replace matches matchesFull replaceMatches length toChars ' +
    'join split trim abs ceiling exp floor ln log power round sqrt truncate children descendants nodesByType nodesByName'
  ).split(' '),
);
const EXPRESSION_LENGTH_MAX = 1_000;

interface SyntaxNode {
  readonly type: string;
  readonly text?: string;
  readonly children?: readonly SyntaxNode[];
}

/** The part of the library's nodes that is used here. */
interface LibraryNode {
  readonly fhirNodeDataType: string | null;
  fullPropertyName(): string | undefined;
}

/** Finds the elements of a resource. Throws what the library throws: its message may hold content. */
export type FindElements = (resource: JsonObject, tree: ElementNode) => readonly ElementNode[];
/** Evaluates an expression with `$this` standing for a primitive element; throws as above. */
export type Evaluate = (element: ElementNode) => readonly unknown[];

const NODES_BY = /'(?:[^'\\]|\\.)*'|\bnodesBy(?:Type|Name)\(/g;
const lastName = (path: string) => path.slice(path.lastIndexOf('.') + 1).replace(/\[\d+\]$/, '');
const nodes = (fn: (found: LibraryNode[], argument: string) => LibraryNode[]) => ({
  fn,
  arity: { 0: [], 1: ['String' as const] },
  nullable: true,
  internalStructures: true,
});

function callsKnownFunctions({ type, text, children = [] }: SyntaxNode): boolean {
  if (type === 'FunctionInvocation' && !FUNCTIONS.has(text ?? '')) return false;
  return children.every(callsKnownFunctions);
}

function named(tree: ElementNode, names: ReadonlySet<string | undefined>): ElementNode[] {
  const full = new Map<ElementNode, string>([[tree, tree.kind.type]]);
  const elements = names.has(tree.kind.type) ? [tree] : [];
  for (const element of descendants(tree)) {
    const place = element.index === undefined ? '' : `[${element.index}]`;
    const name = `${full.get(element.parent!)}.${element.kind.name}${place}`;
    full.set(element, name);
    if (names.has(name)) elements.push(element);
  }
  return elements;
}

/** The engine is loaded when the first configuration is read: it costs more than all the rest of a start. */
export class Expressions {
  private constructor(private readonly engine: typeof fhirpath) {}

  static async load(): Promise<Expressions> {
    return new Expressions((await import('fhirpath')).default);
  }

  /** Whether a text is an expression that is run here: it parses, and calls known functions only. */
  knows(text: string): boolean {
    if (text.length > EXPRESSION_LENGTH_MAX) return false;
    try {
      return callsKnownFunctions(this.engine.parse(text) as SyntaxNode);
    } catch {
      return false; // the parser's message quotes the configuration; the caller names the rule
    }
  }

  /**
   * A path that only the library understands. It looks at the resource as it came, whatever earlier rules did to it, and
   * never into resources that stand in it: these are looked at by themselves.
   */
  path(text: string): FindElements {
    let found: LibraryNode[] = [];
    const expression = text.replace(NODES_BY, (part) => (part.startsWith("'") ? part : `descendants().${part}`));
    const run = this.engine.compile(`(${expression}).found()`, r4, {
      userInvocationTable: {
        found: nodes((all) => {
          found = all;
          return [];
        }),
        nodesByType: nodes((all, type) => all.filter(({ fhirNodeDataType }) => fhirNodeDataType === type)),
        nodesByName: nodes((all, name) => all.filter((node) => lastName(node.fullPropertyName() ?? '') === name)),
      },
    });
    return (resource, tree) => {
      found = [];
      run(resource);
      const names = new Set(found.map((node) => node.fullPropertyName()));
      found = [];
      return names.size === 0 ? [] : named(tree, names);
    };
  }

  /** An expression over primitives; compiled again for every place in R4 that it meets, as types differ. */
  overPrimitives(text: string): Evaluate {
    const compiled = new Map<string, (data: JsonObject) => unknown[]>();
    return (element) => {
      const base = element.parent!.kind.path;
      const { name } = element.kind;
      const key = `${base}.${name}`;
      const known = compiled.get(key);
      if (known) return known({ [element.member]: element.value });
      const run = this.engine.compile({ base, expression: `\`${name}\`.select(${text})` }, r4, { async: false });
      compiled.set(key, run);
      return run({ [element.member]: element.value });
    };
  }
}
