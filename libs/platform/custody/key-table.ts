/**
 * A table that holds wrapped keys, as the turn of an epoch sees it. Each context exports its own: a table that is missing among
 * them keeps the old epoch alive for ever, and a test compares them with the database.
 */
export interface KeyTable {
  /** With its schema. */
  readonly table: string;
  /** Columns of the primary key in its order, with their types. */
  readonly key: Readonly<Record<string, 'uuid' | 'text'>>;
  /** Other columns that {@link aad} needs. */
  readonly needs?: readonly string[];
  readonly wrapped: string;
  readonly epoch: string;
  /** The additional data that the key was wrapped with, out of the columns above. */
  readonly aad: (row: Readonly<Record<string, string | number>>) => Uint8Array;
}
