/** Whatever runs one statement: a transaction, or the pool of a role. */
export interface Reader {
  query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}
