import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

/** Everything that a file of a package says: a table cell by cell, as its bytes are compressed, all else as it is. */
export async function textOfPackageFile(path: string): Promise<string> {
  if (!path.endsWith('.parquet')) return readFileSync(path, 'utf8');
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const from = `read_parquet('${path.replaceAll("'", "''")}')`;
    const reader = await connection.runAndReadAll(`select * from ${from}`);
    return reader
      .getRowObjectsJson()
      .map((row) => JSON.stringify(row))
      .join('\n');
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
