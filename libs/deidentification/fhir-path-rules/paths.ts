import { descendants, type ElementNode } from './element-tree';
import type { Expressions } from './expressions';
import type { JsonObject } from '@aceso/fhir';

/** Where a rule applies. */
export interface RulePath {
  /** The resource type that the path begins with; undefined where it applies to all. */
  readonly resourceType: string | undefined;
  /** The elements of one resource. `source` is called only where the library has to look. */
  find(tree: ElementNode, source: () => JsonObject): readonly ElementNode[];
  /** Whether the library is needed: then the resource is kept as it came until its rules are through. */
  readonly needsSource: boolean;
}

/** FHIR's abstract types: a path that begins with one applies to every resource. */
const ANY_RESOURCE = new Set(['Resource', 'DomainResource']);
const TYPE_FIRST = /^([A-Z][A-Za-z]*)(?:\.([^]+))?$/;
const TYPE_AND_CHOICE = /^([A-Z][A-Za-z]*)\.([^]+)$/;

/** The path of a rule; undefined where it is no FHIRPath that is run here. */
export function parseRulePath(text: string, expressions: Expressions): RulePath | undefined {
  if (!expressions.knows(text)) return undefined;
  const typed = TYPE_FIRST.exec(text) ?? TYPE_AND_CHOICE.exec(text);
  const resourceType = typed?.[1] === undefined || ANY_RESOURCE.has(typed[1]) ? undefined : typed[1];
  const rest = typed ? typed[2] : text;
  if (rest === undefined) return { resourceType, find: (tree) => [tree], needsSource: false };
  const walk = walker(rest);
  if (walk) return { resourceType, find: walk, needsSource: false };
  if (!expressions.knows(rest)) return undefined;
  const find = expressions.path(rest);
  return { resourceType, find: (tree, source) => find(source(), tree), needsSource: true };
}

type Step = (elements: readonly ElementNode[]) => ElementNode[];

const NAME = /^[a-z][A-Za-z0-9]*$/;
const BY = /^(nodesByType|nodesByName|ofType|as)\('?([A-Za-z0-9]+)'?\)$/;
const CAST = /^([^]*?) as ([A-Za-z0-9]+)$/;

/** A plain walker for names, `nodesByType('T')`, `nodesByName('n')`, `ofType(T)`, `as T`, `children()`, `descendants()`. */
function walker(text: string): ((tree: ElementNode) => readonly ElementNode[]) | undefined {
  const cast = CAST.exec(text);
  const steps: (Step | undefined)[] = (cast ? cast[1]! : text).split('.').map(stepOf);
  if (cast) steps.push(ofType(cast[2]!));
  if (steps.includes(undefined)) return undefined;
  return (tree) => (steps as Step[]).reduce<readonly ElementNode[]>((elements, step) => step(elements), [tree]);
}

function stepOf(text: string): Step | undefined {
  if (NAME.test(text)) return byName(text);
  if (text === 'children()') return (elements) => elements.flatMap(inside);
  if (text === 'descendants()') return (elements) => elements.flatMap((element) => [...descendants(element)]);
  const [, step, argument] = BY.exec(text) ?? [];
  if (step === 'nodesByType') return below(({ kind }) => kind.type === argument);
  if (step === 'nodesByName') return below(({ kind }) => kind.name === argument);
  return step === undefined ? undefined : ofType(argument!);
}

const inside = ({ children }: ElementNode) => children.filter(({ isResource }) => !isResource);

/** Elements of a name; also of a choice's JSON name, so that a rule for `valueQuantity` is not a rule for nothing. */
function byName(name: string): Step {
  return (elements) =>
    elements.flatMap((element) => inside(element).filter(({ kind, member }) => kind.name === name || member === name));
}

function ofType(type: string): Step {
  return (elements) => elements.filter(({ kind }) => kind.type === type);
}

function below(matches: (element: ElementNode) => boolean): Step {
  return (elements) => elements.flatMap((element) => [...descendants(element)].filter(matches));
}
