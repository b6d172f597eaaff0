import { base64url, fromUtf8, utf8 } from '@aceso/kernel';
import type { Type } from '@nestjs/common';
import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { EdgeError } from './edge.errors';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from './limits';
import { isPlainText } from './plain-text';

/** Relay connections (GraphQL Cursor Connections Specification), forward only. */

@ObjectType('PageInfo', { description: 'Where a page stands in its list.' })
export class PageInfoType {
  @Field(() => Boolean, { description: 'There are rows after this page.' })
  hasNextPage: boolean;

  @Field(() => Boolean, { description: 'Pages are read forward only: always false.' })
  hasPreviousPage: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first row.' })
  startCursor: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last row: pass it as `after` for the next page.' })
  endCursor: string | null;
}

export interface EdgeOf<Node> {
  cursor: string;
  node: Node;
}

export interface Connection<Node> {
  edges: EdgeOf<Node>[];
  pageInfo: PageInfoType;
}

/**
 * The connection of a node type, to be extended:
 * `@ObjectType({description}) class OrderConnection extends ConnectionOf(OrderType, 'Order') {}`.
 * `name` is the GraphQL name of the node type.
 */
export function ConnectionOf<Node>(NodeType: Type<Node>, name: string): Type<Connection<Node>> {
  @ObjectType(`${name}Edge`, { description: `A row of a list of ${name}.` })
  class EdgeType implements EdgeOf<Node> {
    @Field(() => String, { description: 'Opaque place of this row in the list.' })
    cursor: string;

    @Field(() => NodeType, { description: 'The row.' })
    node: Node;
  }

  @ObjectType({ isAbstract: true })
  class ConnectionType implements Connection<Node> {
    @Field(() => [EdgeType], { description: `At most ${PAGE_SIZE_MAX} rows.` })
    edges: EdgeType[];

    @Field(() => PageInfoType, { description: 'Where this page stands.' })
    pageInfo: PageInfoType;
  }
  return ConnectionType;
}

@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: PAGE_SIZE_DEFAULT, description: `Rows wanted, 1 to ${PAGE_SIZE_MAX}.` })
  first: number;

  @Field(() => String, { nullable: true, description: 'Cursor after which the page starts.' })
  after?: string | null;
}

/** What a query needs to read one page: fetch `limit + 1` rows after `after`, in the order of the cursor's values. */
export interface Page {
  readonly limit: number;
  /** Values of the last row that was seen, in the order in which {@link toConnection}'s `cursorOf` gave them. */
  readonly after: readonly string[] | null;
}

/** Checks the arguments of a page; `values` is how many values a cursor of this list has. Throws PAGE_INVALID. */
export function pageOf(args: PageArgs, values = 1): Page {
  const { first, after } = args;
  if (!Number.isInteger(first) || first < 1 || first > PAGE_SIZE_MAX) {
    throw new EdgeError('PAGE_INVALID', `first lies between 1 and ${PAGE_SIZE_MAX}`);
  }
  return { limit: first, after: after === undefined || after === null ? null : decodeCursor(after, values) };
}

/** A page of rows as a connection; `rows` holds up to `limit + 1` rows, the last one only tells that there are more. */
export function toConnection<Row, Node>(
  rows: readonly Row[],
  page: Page,
  map: { readonly cursorOf: (row: Row) => readonly string[]; readonly toNode: (row: Row) => Node },
): Connection<Node> {
  const edges = rows
    .slice(0, page.limit)
    .map((row) => ({ cursor: encodeCursor(map.cursorOf(row)), node: map.toNode(row) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > page.limit,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

const CURSOR_LENGTH_MAX = 1_000;

function encodeCursor(values: readonly string[]): string {
  return base64url.encode(utf8(JSON.stringify(values)));
}

function decodeCursor(cursor: string, count: number): readonly string[] {
  const refused = new EdgeError('PAGE_INVALID', 'after is no cursor of this list');
  if (cursor.length > CURSOR_LENGTH_MAX) throw refused;
  let values: unknown;
  try {
    values = JSON.parse(fromUtf8(base64url.decode(cursor)));
  } catch {
    throw refused;
  }
  if (!Array.isArray(values) || values.length !== count || !values.every(isCursorValue)) {
    throw refused;
  }
  return values;
}

const isCursorValue = (value: unknown): value is string => typeof value === 'string' && isPlainText(value);
