import { isObject, type JsonObject } from '@aceso/fhir';
import { labelled } from './security-labels';
import type { SecurityLabel } from './security-labels';
import { elementKind, resourceKind, type ElementKind } from '../r4-elements';

export type Primitive = string | number | boolean;

/** One element of a resource with its R4 type. A rule may change its value and its elements, nothing else. */
export interface ElementNode {
  readonly kind: ElementKind;
  /** The JSON member that holds it. */
  readonly member: string;
  /** Place in its list; undefined outside of lists. */
  readonly index: number | undefined;
  readonly parent: ElementNode | undefined;
  readonly isResource: boolean;
  value: Primitive | undefined;
  children: ElementNode[];
  /** A rule has decided: later rules pass over it. */
  decided: boolean;
  /** What was done inside a resource, as its security labels tell. */
  labels?: ReadonlySet<SecurityLabel>;
}

/** The tree of a resource; undefined where its type is not one of R4. Members that R4 does not know are left out. */
export function resourceTree(resource: JsonObject): ElementNode | undefined {
  const kind = resourceKind(resource['resourceType']);
  return kind && elementOf(resource, { kind, member: '', index: undefined, parent: undefined });
}

/** The elements inside of an object under an element, as a replacement brings them. */
export function childrenOf(members: JsonObject, parent: ElementNode): ElementNode[] {
  const children: ElementNode[] = [];
  const seen = new Set<string>(['resourceType']);
  for (const key of Object.keys(members)) {
    const member = key.startsWith('_') ? key.slice(1) : key;
    if (seen.has(member)) continue;
    seen.add(member);
    const kind = elementKind(parent.kind.path, member);
    if (kind) children.push(...elementsOf(members[member], members[`_${member}`], { kind, member, parent }));
  }
  return children;
}

interface Place {
  readonly kind: ElementKind;
  readonly member: string;
  readonly parent: ElementNode;
}

/** A primitive's value and what FHIR JSON keeps beside it under `_member` become one element. */
function elementsOf(value: unknown, beside: unknown, place: Place): ElementNode[] {
  const isList = Array.isArray(value) || Array.isArray(beside) || place.kind.repeats;
  if (!isList) return elementAt(value, beside, { ...place, index: undefined });
  const [values, extras] = [listOf(value), listOf(beside)];
  const elements: ElementNode[] = [];
  for (let at = 0; at < Math.max(values.length, extras.length); at += 1) {
    elements.push(...elementAt(values[at], extras[at], { ...place, index: elements.length }));
  }
  return elements;
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

type IndexedPlace = Place & { readonly index: number | undefined };

function elementAt(value: unknown, beside: unknown, place: IndexedPlace): ElementNode[] {
  const element = place.kind.primitive ? primitiveOf(value, beside, place) : complexOf(value, place);
  if (element === undefined) return [];
  return element.value === undefined && element.children.length === 0 && !element.isResource ? [] : [element];
}

function primitiveOf(value: unknown, beside: unknown, place: IndexedPlace): ElementNode {
  const element = elementOf(isObject(beside) ? beside : {}, place);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') element.value = value;
  return element;
}

function complexOf(value: unknown, place: IndexedPlace): ElementNode | undefined {
  if (!isObject(value)) return undefined;
  if (place.kind.type !== 'Resource') return elementOf(value, place);
  const kind = resourceKind(value['resourceType']);
  return kind && elementOf(value, { ...place, kind: { ...kind, name: place.kind.name } });
}

function elementOf(members: JsonObject, place: Omit<IndexedPlace, 'parent'> & { parent?: ElementNode | undefined }) {
  const { kind, member, index, parent } = place;
  const isResource = kind.type === kind.path && resourceKind(kind.type) !== undefined;
  const element: ElementNode = {
    kind,
    member,
    index,
    parent,
    isResource,
    value: undefined,
    children: [],
    decided: false,
  };
  element.children = childrenOf(members, element);
  return element;
}

/** The JSON of a resource: elements of which nothing is left are left out, lists stay lists. */
export function resourceJson(resource: ElementNode): JsonObject {
  const json = { resourceType: resource.kind.type, ...membersOf(resource) };
  return resource.labels === undefined ? json : labelled(json, resource.labels);
}

function membersOf(element: ElementNode): JsonObject {
  const members: Record<string, unknown> = {};
  const byMember = new Map<string, ElementNode[]>();
  for (const child of element.children) {
    const known = byMember.get(child.member);
    if (known) known.push(child);
    else byMember.set(child.member, [child]);
  }
  for (const [member, elements] of byMember) write(members, member, elements);
  return members;
}

function write(members: Record<string, unknown>, member: string, elements: readonly ElementNode[]): void {
  const written = elements.map((one) => ({ value: valueOf(one), beside: besideOf(one) }));
  const left = written.filter(({ value, beside }) => value !== undefined || beside !== undefined);
  if (left.length === 0) return;
  const isList = elements[0]!.index !== undefined;
  const pick = (name: 'value' | 'beside') => {
    if (left.every((one) => one[name] === undefined)) return undefined;
    return isList ? left.map((one) => one[name] ?? null) : left[0]![name];
  };
  const [value, beside] = [pick('value'), pick('beside')];
  if (value !== undefined) members[member] = value;
  if (beside !== undefined) members[`_${member}`] = beside;
}

function valueOf(element: ElementNode): unknown {
  if (element.kind.primitive) return element.value;
  if (element.isResource) return resourceJson(element);
  const members = membersOf(element);
  return Object.keys(members).length === 0 ? undefined : members;
}

function besideOf(element: ElementNode): JsonObject | undefined {
  if (!element.kind.primitive || element.children.length === 0) return undefined;
  const members = membersOf(element);
  return Object.keys(members).length === 0 ? undefined : members;
}

/** All elements inside of one, without those of resources that stand in it. */
export function* descendants(element: ElementNode): Generator<ElementNode> {
  for (const child of element.children) {
    if (child.isResource) continue;
    yield child;
    yield* descendants(child);
  }
}

/** The resources that stand in one, at any depth but not inside each other. */
export function* innerResources(element: ElementNode): Generator<ElementNode> {
  for (const child of element.children) {
    if (child.isResource) yield child;
    else yield* innerResources(child);
  }
}

/** The outermost resource that an element belongs to. */
export function rootOf(element: ElementNode): ElementNode {
  let root = element;
  while (root.parent) root = root.parent;
  return root;
}
