import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { parse, CsvError } from 'csv-parse';
import { DeidentificationError } from '../domain';

/** A longer record is a missing quotation mark rather than a record. */
const RECORD_CHARACTERS_MAX = 1_048_576;

/**
 * The records of a CSV file (RFC 4180 with any one-character delimiter), one at a time; blank lines at its end are none. Throws TABLE_FILE_MISSING,
 * TABLE_NOT_UTF8, TABLE_MALFORMED, TABLE_DELIMITER_INVALID; messages name the file and the number of the record only.
 */
export async function* csvRecords(file: string, delimiter: string): AsyncGenerator<string[]> {
  if ([...delimiter].length !== 1 || /["\r\n]/.test(delimiter))
    throw new DeidentificationError(
      'TABLE_DELIMITER_INVALID',
      'the delimiter is one character, and no quotation mark or end of line',
    );
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true)
    throw new DeidentificationError('TABLE_FILE_MISSING', `no such file: ${file}; check the path`);
  // Counts are checked by those who know what belongs into the file, and told in their words.
  const parser = parse({
    delimiter,
    relax_column_count: true,
    max_record_size: RECORD_CHARACTERS_MAX,
    columns: false,
  });
  const source = Readable.from(decoded(createReadStream(file)));
  source.once('error', (error) => parser.destroy(error)).pipe(parser);
  let record = 0;
  let blank = 0;
  try {
    for await (const fields of parser as AsyncIterable<string[]>) {
      record += 1;
      if (fields.length === 1 && fields[0] === '') {
        blank += 1; // records, unless nothing but blank lines follows
        continue;
      }
      for (; blank > 0; blank -= 1) yield [''];
      yield fields;
    }
  } catch (error) {
    throw refusal(error, file, record + 1);
  } finally {
    source.destroy();
  }
}

async function* decoded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

function refusal(error: unknown, file: string, record: number): unknown {
  if (error instanceof CsvError)
    return new DeidentificationError(
      'TABLE_MALFORMED',
      `${file} is no CSV at record ${record}; check quotation marks and the delimiter`,
    );
  if ((error as { readonly code?: unknown }).code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return new DeidentificationError(
      'TABLE_NOT_UTF8',
      `${file} is not UTF-8, at or after record ${record}; convert it (iconv -t UTF-8)`,
    );
  if ((error as { readonly syscall?: unknown }).syscall !== undefined)
    return new DeidentificationError('TABLE_FILE_MISSING', `${file} cannot be read; check who may read it`, {
      cause: error,
    });
  return error;
}
