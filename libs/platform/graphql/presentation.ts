import { DomainError } from '@aceso/kernel';
import { HttpException } from '@nestjs/common';
import { ZodError } from 'zod';

/** What a client learns of an error. `internal` errors are logged under `errorId`; everything else is public contract. */
export interface Presentation {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly internal: boolean;
}

/** HTTP status by code (RFC 9110 section 15); codes that are not listed are refusals of what was sent: 400. */
const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  ACTOR_STOPPED: 403,
  PARTY_NOT_ACTIVE: 403,
  ACCESS_UNDECLARED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  IDEMPOTENCY_IN_PROGRESS: 409,
  IDEMPOTENCY_KEY_REUSED: 409,
  PACKAGE_RENEWING: 409,
  REQUEST_TOO_LARGE: 413,
  REQUEST_FORM_REFUSED: 415,
  RANGE_NOT_SATISFIABLE: 416,
  LEDGER_STORAGE_DAMAGED: 500,
  FETCH_LIMIT_REACHED: 429,
};

/** Codes of Fastify, Mercurius and PostgreSQL for refusals that are the caller's doing; the rest of theirs is INTERNAL. */
const FRAMEWORK_CODES: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'REQUEST_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'REQUEST_FORM_REFUSED',
  FST_ERR_CTP_INVALID_JSON_BODY: 'VALIDATION_FAILED',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'VALIDATION_FAILED',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'VALIDATION_FAILED',
  FST_ERR_CTP_INVALID_TYPE: 'REQUEST_FORM_REFUSED',
  FST_ERR_VALIDATION: 'VALIDATION_FAILED',
  MER_ERR_GQL_VALIDATION: 'VALIDATION_FAILED',
  MER_ERR_GQL_PERSISTED_QUERY_NOT_FOUND: 'VALIDATION_FAILED',
  MER_ERR_METHOD_NOT_ALLOWED: 'METHOD_NOT_ALLOWED',
  MER_ERR_GQL_CSRF_PREVENTION: 'REQUEST_FORM_REFUSED',
  // A NUL, in text and in jsonb, that came inside of something else than an argument: a statement, a document.
  '22021': 'VALIDATION_FAILED',
  '22P05': 'VALIDATION_FAILED',
};

const HTTP_CODES: Readonly<Record<number, string>> = {
  400: 'VALIDATION_FAILED',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'REQUEST_TOO_LARGE',
  415: 'REQUEST_FORM_REFUSED',
};

/** Texts for refusals that a framework raised: its own text may quote what was sent. */
const TEXTS: Readonly<Record<string, string>> = {
  VALIDATION_FAILED: 'the request is not well formed',
  UNAUTHENTICATED: 'a valid bearer token is needed',
  FORBIDDEN: 'not permitted',
  NOT_FOUND: 'there is no such thing',
  METHOD_NOT_ALLOWED: 'this method is not served here',
  REQUEST_TOO_LARGE: 'the body is larger than this endpoint accepts',
  REQUEST_FORM_REFUSED: 'send application/json',
};

/** Any thrown value as what a client may see: stable code, a message without our internals, HTTP status. */
export function present(error: unknown): Presentation {
  if (error instanceof DomainError) return refusal(error.code, error.message);
  if (error instanceof ZodError) return refusal('VALIDATION_FAILED', placesOf(error));
  const framework = frameworkCode(error);
  if (framework) return refusal(framework, TEXTS[framework] ?? 'refused');
  return { code: 'INTERNAL', message: 'something failed on our side', status: 500, internal: true };
}

function refusal(code: string, message: string): Presentation {
  if (code === 'INTERNAL') return { code, message: 'something failed on our side', status: 500, internal: true };
  return { code, message, status: statusOf(code), internal: false };
}

/** HTTP status of a refusal's code. */
export function statusOf(code: string): number {
  return STATUS[code] ?? (code.endsWith('_NOT_FOUND') ? 404 : 400);
}

function frameworkCode(error: unknown): string | undefined {
  if (error instanceof HttpException) return HTTP_CODES[error.getStatus()];
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return FRAMEWORK_CODES[String(error.code)];
}

/** Where the input is wrong and in which way, never what it was. */
function placesOf(error: ZodError): string {
  const places = error.issues.slice(0, 10).map((issue) => `${issue.path.join('.') || 'value'}: ${issue.code}`);
  return `not as expected: ${places.join(', ')}`;
}
