import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  isInterfaceType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  visit,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { EdgeError } from './edge.errors';
import {
  ALIASES_MAX,
  COST_MAX,
  DEFINITIONS_MAX,
  DEPTH_MAX,
  DIRECTIVES_MAX,
  INTROSPECTION_DEPTH_MAX,
  LIST_SIZE_ASSUMED,
  MUTATIONS_MAX,
  PAGE_SIZE_DEFAULT,
  PAGE_SIZE_MAX,
} from './limits';
import { isPlainText } from './plain-text';

/** Depth of the selections below a type, and the fields that its answer may hold. */
interface Measure {
  readonly depth: number;
  readonly cost: number;
}

const NOTHING: Measure = { depth: 0, cost: 0 };

/**
 * Refuses a document that asks for too much (QUERY_TOO_COMPLEX): before the rules of the specification run, some of
 * which take quadratic time. Fields are told apart by the type they stand on, never by the name of a fragment or
 * operation, so nothing escapes by being called `__schema` (GHSA-733v-p3h5-qpq7). Takes time linear in the document.
 */
export function refuseBomb(schema: GraphQLSchema, document: DocumentNode, oncePerDocument: ReadonlySet<string>): void {
  refuseCrowd(document);
  const walk = new DocumentMeasure(schema, document);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) walk.ofFragment(definition.name.value);
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const root = schema.getRootType(definition.operation);
    const { depth, cost } = walk.ofSelections(definition.selectionSet, root ?? undefined);
    atMost('depth', depth, DEPTH_MAX);
    atMost('cost', cost, COST_MAX);
    if (definition.operation === 'mutation') refuseManyMutations(walk.rootFields(definition), oncePerDocument);
  }
}

function atMost(what: string, value: number, limit: number): void {
  if (value > limit) throw new EdgeError('QUERY_TOO_COMPLEX', `${what} ${value} is above the limit of ${limit}`);
}

/** Definitions, aliases and directives are counted as they stand in the text; texts in it are plain. */
function refuseCrowd(document: DocumentNode): void {
  atMost('number of operations and fragments', document.definitions.length, DEFINITIONS_MAX);
  let aliases = 0;
  let directives = 0;
  visit(document, {
    Field: (node) => void (node.alias && aliases++),
    Directive: () => void directives++,
    StringValue: ({ value }) => {
      if (!isPlainText(value)) throw new EdgeError('VALIDATION_FAILED', 'an argument holds a control character');
    },
  });
  atMost('number of aliases', aliases, ALIASES_MAX);
  atMost('number of directives', directives, DIRECTIVES_MAX);
}

function refuseManyMutations(fields: ReadonlyMap<string, string>, oncePerDocument: ReadonlySet<string>): void {
  atMost('number of mutations', fields.size, MUTATIONS_MAX);
  const once = [...fields.values()].filter((name) => oncePerDocument.has(name));
  if (once.length > 1) throw new EdgeError('QUERY_TOO_COMPLEX', `${once[0]} and its like stand alone in a document`);
}

class DocumentMeasure {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly measured = new Map<string, Measure>();
  private readonly open = new Set<string>();

  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
  ) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    }
  }

  /** Each fragment is measured once; one that contains itself is refused. */
  ofFragment(name: string): Measure {
    const known = this.measured.get(name);
    if (known) return known;
    const fragment = this.fragments.get(name);
    if (!fragment) return NOTHING; // validation names the missing one
    if (this.open.has(name)) throw new EdgeError('QUERY_TOO_COMPLEX', 'fragments form a circle');
    this.open.add(name);
    const measure = this.ofSelections(fragment.selectionSet, this.schema.getType(fragment.typeCondition.name.value));
    this.open.delete(name);
    this.measured.set(name, measure);
    return measure;
  }

  ofSelections(set: SelectionSetNode, type: GraphQLNamedType | undefined): Measure {
    let depth = 0;
    let cost = 0;
    for (const selection of set.selections) {
      const part =
        selection.kind === Kind.FIELD
          ? this.ofField(selection, type)
          : selection.kind === Kind.FRAGMENT_SPREAD
            ? this.ofFragment(selection.name.value)
            : this.ofSelections(
                selection.selectionSet,
                selection.typeCondition ? this.schema.getType(selection.typeCondition.name.value) : type,
              );
      depth = Math.max(depth, part.depth);
      cost += part.cost;
    }
    return { depth, cost };
  }

  /** Response keys of an operation's root fields with the fields they name. */
  rootFields(operation: OperationDefinitionNode): ReadonlyMap<string, string> {
    const fields = new Map<string, string>();
    const seen = new Set<string>();
    const collect = (set: SelectionSetNode): void => {
      for (const selection of set.selections) {
        if (selection.kind === Kind.FIELD) {
          fields.set((selection.alias ?? selection.name).value, selection.name.value);
        } else if (selection.kind === Kind.INLINE_FRAGMENT) {
          collect(selection.selectionSet);
        } else if (!seen.has(selection.name.value)) {
          seen.add(selection.name.value);
          const fragment = this.fragments.get(selection.name.value);
          if (fragment) collect(fragment.selectionSet);
        }
      }
    };
    collect(operation.selectionSet);
    return fields;
  }

  private ofField(node: FieldNode, parent: GraphQLNamedType | undefined): Measure {
    if (!node.selectionSet) return { depth: 1, cost: 1 };
    const definition = fieldOf(this.schema, parent, node.name.value);
    const type = definition && getNamedType(definition.type);
    const below = this.ofSelections(node.selectionSet, isCompositeType(type) ? type : undefined);
    if (type?.name.startsWith('__')) return this.ofIntrospection(node, parent, below);
    return { depth: below.depth + 1, cost: 1 + below.cost * timesOf(node, definition, parent) };
  }

  /** The schema is read whole by every tool, so it has a depth of its own and no cost, but may not be multiplied by aliases. */
  private ofIntrospection(node: FieldNode, parent: GraphQLNamedType | undefined, below: Measure): Measure {
    if (node.alias) throw new EdgeError('QUERY_TOO_COMPLEX', 'introspection takes no aliases');
    const depth = below.depth + 1;
    atMost('depth of introspection', depth, INTROSPECTION_DEPTH_MAX);
    const isRoot = parent !== undefined && !parent.name.startsWith('__');
    return isRoot ? { depth: 1, cost: 1 } : { depth, cost: 1 };
  }
}

type FieldDefinition = GraphQLField<unknown, unknown>;

function fieldOf(
  schema: GraphQLSchema,
  parent: GraphQLNamedType | undefined,
  name: string,
): FieldDefinition | undefined {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return undefined;
  if (parent === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return parent.getFields()[name];
}

/** How often the selections of a field may appear: `first`, or an assumed size for lists without paging. */
function timesOf(
  node: FieldNode,
  definition: FieldDefinition | undefined,
  parent: GraphQLNamedType | undefined,
): number {
  if (!definition) return 1;
  if (definition.args.some(({ name }) => name === 'first')) return pageSizeOf(node);
  if (parent?.name.endsWith('Connection')) return 1; // multiplied at the field that has `first`
  return isListType(getNullableType(definition.type)) ? LIST_SIZE_ASSUMED : 1;
}

function pageSizeOf(node: FieldNode): number {
  const value = node.arguments?.find(({ name }) => name.value === 'first')?.value;
  if (!value) return PAGE_SIZE_DEFAULT;
  return value.kind === Kind.INT ? Math.max(1, Number(value.value)) : PAGE_SIZE_MAX;
}
