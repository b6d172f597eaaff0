/**
 * A view in the form of SQL on FHIR v2 (https://sql-on-fhir.org/ig/, ViewDefinition): which resources give rows, and what
 * stands in their columns. Values of this type are checked; {@link parseView} makes them.
 */
export interface ViewDefinition {
  /** Name of the table; the resource type in lower case where the document has none. */
  readonly name: string;
  /** FHIR resource type whose resources give rows. */
  readonly resource: string;
  readonly constants: ReadonlyMap<string, Constant>;
  readonly select: readonly Select[];
  /** FHIRPath expressions; a resource gives rows where all of them are true. */
  readonly where: readonly Located[];
}

/** An expression and where it stands in the document, for messages. */
export interface Located {
  readonly at: string;
  readonly path: string;
}

export interface Constant {
  /** FHIR primitive type, as in `valueString` → `string`. */
  readonly type: string;
  readonly value: string | number | boolean;
}

export interface Select {
  readonly columns: readonly Column[];
  readonly select: readonly Select[];
  readonly unionAll: readonly Select[];
  readonly iteration?: Iteration;
}

/** How a select comes to its elements: each gives rows of its own. */
export type Iteration =
  | { readonly kind: 'forEach' | 'forEachOrNull'; readonly path: Located }
  /** The elements that the paths lead to, and from these again, as deep as it goes. */
  | { readonly kind: 'repeat'; readonly paths: readonly Located[] };

export interface Column extends Located {
  readonly name: string;
  /** FHIR type; without one the column holds text. */
  readonly type: string | undefined;
  readonly storage: Storage;
  /** True: the cell is a list. False: more than one value is refused. */
  readonly collection: boolean;
  readonly description: string | undefined;
}

/** How a cell is stored. `text` keeps dates as FHIR writes them, with the precision they have. */
export type Storage = 'boolean' | 'integer' | 'bigint' | 'double' | 'date' | 'text';

export const VIEW_COLUMNS_MAX = 500;
/** Selects inside selects. */
export const VIEW_DEPTH_MAX = 16;
export const VIEW_SELECTS_MAX = 500;
export const PATH_LENGTH_MAX = 2_000;

/** The columns of a select in the order of its rows: own ones, those of inner selects, those of the union. */
export function columnsOf(select: Select): readonly Column[] {
  const union = select.unionAll[0];
  return [...select.columns, ...select.select.flatMap(columnsOf), ...(union === undefined ? [] : columnsOf(union))];
}
