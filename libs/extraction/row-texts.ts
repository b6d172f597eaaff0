import type { ReleasedRow } from '@aceso/deidentification/domain';
import { utf8 } from '@aceso/kernel';

/** Rows of one resource type, in their order. */
export interface RowText {
  readonly resourceType: string;
  readonly rows: number;
  /** A line of JSON a row, each with its newline. */
  readonly text: Uint8Array;
}

/** Rows are turned into texts in pieces of about this many characters. */
const CHARACTERS_AT_ONCE = 1024 * 1024;

/** Writes rows down, together by resource type; within a type in their order. */
export async function* rowTexts(rows: AsyncIterable<ReleasedRow>): AsyncGenerator<RowText> {
  const lines = new Map<string, string[]>();
  let characters = 0;
  for await (const row of rows) {
    const line = JSON.stringify(row);
    const known = lines.get(row.resourceType);
    if (known) known.push(line);
    else lines.set(row.resourceType, [line]);
    characters += line.length;
    if (characters <= CHARACTERS_AT_ONCE) continue;
    yield* written(lines);
    lines.clear();
    characters = 0;
  }
  yield* written(lines);
}

function* written(lines: ReadonlyMap<string, readonly string[]>): Generator<RowText> {
  for (const [resourceType, texts] of lines)
    yield { resourceType, rows: texts.length, text: utf8(`${texts.join('\n')}\n`) };
}
