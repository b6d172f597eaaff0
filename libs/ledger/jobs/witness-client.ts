import { sha256 } from '@aceso/platform';
import {
  cosignedPath,
  LedgerError,
  NOTE_BYTES_MAX,
  parseCosignatureLines,
  parseCosignedSize,
  type NoteSignature,
} from '../domain';

/** Longest answer of a witness to a request, in bytes: a line of each kind and room for others. */
const ANSWER_BYTES_MAX = 65_536;

/** A witness that has not answered by then is not waited for, milliseconds. */
export const WITNESS_MS_MAX = 5_000;

/** What a witness answers to add-checkpoint. */
export type WitnessAnswer =
  | { readonly kind: 'cosigned'; readonly lines: readonly NoteSignature[] }
  /** Status 409; the size is missing where the answer does not tell it. */
  | { readonly kind: 'conflict'; readonly size: bigint | undefined }
  /** Status 422: the proof, or the root, is refused. */
  | { readonly kind: 'refused' }
  /** Anything else: not now. */
  | { readonly kind: 'unavailable'; readonly status: number };

/** `POST <url>/add-checkpoint` (tlog-witness). Throws what `fetch` does, also when `stop` aborts. */
export async function addCheckpoint(url: string, body: string, stop: AbortSignal): Promise<WitnessAnswer> {
  const response = await fetch(`${prefix(url)}/add-checkpoint`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    redirect: 'error',
    signal: stop,
  });
  const { status } = response;
  const text = await readBody(response, ANSWER_BYTES_MAX);
  if (status === 409) return { kind: 'conflict', size: text === undefined ? undefined : parseCosignedSize(text) };
  if (status === 422) return { kind: 'refused' };
  const lines = status === 200 && text !== undefined ? readLines(text) : undefined;
  return lines ? { kind: 'cosigned', lines } : { kind: 'unavailable', status };
}

/**
 * `GET <url>/<hex SHA-256 of the origin>/checkpoint`: what the witness cosigned last, nothing verified. Undefined where
 * it does not show it: its monitoring prefix may be another one.
 */
export async function cosignedNote(url: string, origin: string, stop: AbortSignal): Promise<string | undefined> {
  const response = await fetch(`${prefix(url)}/${cosignedPath(origin, sha256)}`, { redirect: 'error', signal: stop });
  const text = await readBody(response, NOTE_BYTES_MAX);
  if (response.status === 404) return undefined;
  if (response.status === 200) return text;
  throw Object.assign(new Error('the witness does not answer now'), { code: `HTTP_${response.status}` });
}

function readLines(text: string): readonly NoteSignature[] | undefined {
  try {
    return parseCosignatureLines(text);
  } catch (error) {
    if (error instanceof LedgerError) return undefined;
    throw error;
  }
}

/** The body as text; undefined when it is longer than a witness has to say, or not UTF-8. */
async function readBody(response: Response, bytesMax: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > bytesMax) return undefined; // leaving the loop cancels the rest
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

function prefix(url: string): string {
  return url.replace(/\/+$/, '');
}

/** What failed, for a person: `fetch` wraps the network's error, and its messages are not repeated. */
export function networkCode(error: unknown): string {
  const { code, name, cause } = error as Error & { code?: unknown };
  const inner = (cause as { code?: unknown } | undefined)?.code;
  return [inner, code].find((one): one is string => typeof one === 'string') ?? name;
}
