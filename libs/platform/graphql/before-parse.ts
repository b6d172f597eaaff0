import type { FastifyRequest } from 'fastify';
import { EdgeError } from './edge.errors';
import { DOCUMENT_LENGTH_MAX } from './limits';
import { holdsPlainText } from './plain-text';

/** Ignored tokens of GraphQL (specification October 2021, section 2.1.7). */
const IGNORED = /^(?:[\s,\uFEFF]|#[^\n\r]*)+/;
/** An executable document starts with one of these; anything else Mercurius would try to read as a JSON syntax tree. */
const EXECUTABLE = /^(?:\{(?!\s*["}])|(?:query|mutation|subscription|fragment)\b)/;
/** Specification section 2.1.9. */
const NAME = /^[_A-Za-z][_0-9A-Za-z]{0,99}$/;

interface GraphqlBody {
  query?: unknown;
  operationName?: unknown;
  variables?: unknown;
}

/**
 * Looks at a request before its document is parsed: only POST with an object, a document of bounded length that is
 * GraphQL and not a JSON syntax tree (which would pass the token limit by), and variables of plain text. Throws EdgeError.
 *
 * The operation's name is added to the document as a comment: Mercurius keeps compiled documents by their text alone,
 * so a document with two operations would otherwise run the one that was compiled first, whatever name is asked for.
 */
export function inspectBody(request: Pick<FastifyRequest, 'method' | 'body'>): void {
  if (request.method !== 'POST') throw new EdgeError('METHOD_NOT_ALLOWED', 'GraphQL is served over POST');
  const body = request.body as GraphqlBody | null | undefined;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new EdgeError('VALIDATION_FAILED', 'expected one object with query, operationName and variables');
  }
  const name = operationName(body.operationName);
  const source = body.query;
  if (typeof source !== 'string') throw new EdgeError('VALIDATION_FAILED', 'query is the text of a document');
  if (source.length > DOCUMENT_LENGTH_MAX) {
    throw new EdgeError('QUERY_TOO_COMPLEX', `a document has at most ${DOCUMENT_LENGTH_MAX} characters`);
  }
  if (!EXECUTABLE.test(source.replace(IGNORED, ''))) {
    throw new EdgeError('VALIDATION_FAILED', 'query is the text of an executable document');
  }
  if (!holdsPlainText(body.variables)) throw new EdgeError('VALIDATION_FAILED', 'variables hold a control character');
  body.query = `${source}\n# ${name}`;
}

function operationName(value: unknown): string {
  if (value === undefined || value === null || value === '') return '';
  if (typeof value !== 'string' || !NAME.test(value)) {
    throw new EdgeError('VALIDATION_FAILED', 'operationName is a name');
  }
  return value;
}
