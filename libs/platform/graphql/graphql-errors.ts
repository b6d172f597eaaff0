import type { FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import type { Logger } from '../logging/logger';
import { logUnexpected } from './log-unexpected';
import { present, type Presentation } from './presentation';
import { quotesVariable, variableRefusal } from './variable-errors';

/** What Mercurius hands over: errors of the execution, or one wrapped error that stopped it before. */
interface FailedExecution {
  readonly data?: unknown;
  readonly errors: readonly ErrorLike[];
}

/** graphql-jit has an error class of its own, so shapes are looked at, not classes. */
interface ErrorLike {
  readonly message: string;
  readonly originalError?: unknown;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
}

/** What Mercurius knows of the request by then. */
interface RequestContext {
  readonly app?: { readonly graphql?: { readonly schema?: GraphQLSchema } };
  readonly reply?: { readonly request: FastifyRequest };
}

interface FormattedResponse {
  readonly statusCode: number;
  readonly response: { readonly data: unknown; readonly errors: GraphQLFormattedError[] };
}

/** Errors listed in one response; the rest is cut. */
const ERRORS_MAX = 20;
/** graphql-js suggests names ("Did you mean …"): help for a person, also for a scanner; introspection says it anyway. */
const MESSAGE_LENGTH_MAX = 400;

/**
 * The one place where errors become GraphQL errors: a DomainError shows as `extensions.code`, a document or variable
 * that does not fit the schema as VALIDATION_FAILED, everything else as INTERNAL with the id of its log line.
 */
export function errorFormatter(
  logger: Logger,
): (execution: FailedExecution, context?: RequestContext) => FormattedResponse {
  return (execution, context) => {
    const shown = execution.errors.flatMap(unwrap).slice(0, ERRORS_MAX);
    const formatted = withoutValues(
      shown.map((error) => format(error, logger)),
      context,
    );
    const refusedBefore = execution.data === undefined || execution.data === null;
    return {
      statusCode: refusedBefore ? statusOfAll(execution.errors) : 200,
      response: { data: execution.data ?? null, errors: formatted },
    };
  };
}

/** Mercurius collects validation errors in one error of its own. */
function unwrap(error: ErrorLike): readonly ErrorLike[] {
  const inner = (error.originalError as { errors?: unknown } | undefined)?.errors;
  return Array.isArray(inner) && inner.length > 0 ? (inner as ErrorLike[]) : [error];
}

function format(error: ErrorLike, logger: Logger): GraphQLFormattedError {
  const { code, message, internal } = presentError(error);
  const extensions = internal ? { code, errorId: logUnexpected(logger, rootOf(error)) } : { code };
  const { path, locations } = error;
  return {
    message: message.slice(0, MESSAGE_LENGTH_MAX),
    extensions,
    ...(locations && { locations }),
    ...(path && { path }),
  };
}

/**
 * graphql-js wraps what a resolver threw. An error of the language itself without a path arose before anything ran: the
 * document or its variables are wrong. With a path it is a result of ours that does not fit the schema.
 */
function presentError(error: ErrorLike): Presentation {
  const root = rootOf(error);
  if (error.path !== undefined || !isLanguageError(root)) return present(root);
  return { code: 'VALIDATION_FAILED', message: error.message, status: 400, internal: false };
}

/** The libraries quote values of variables that do not fit, in an error for each place: one for all is shown. */
function withoutValues(
  errors: readonly GraphQLFormattedError[],
  context: RequestContext | undefined,
): GraphQLFormattedError[] {
  const first = errors.findIndex(({ message }) => quotesVariable(message));
  return errors.flatMap((error, at) => {
    if (!quotesVariable(error.message)) return [error];
    if (at !== first) return [];
    const message = variableRefusal(context?.app?.graphql?.schema, context?.reply?.request.body ?? {});
    return [{ ...error, message: message.slice(0, MESSAGE_LENGTH_MAX) }];
  });
}

function rootOf(error: ErrorLike): unknown {
  let root: unknown = error;
  for (let depth = 0; depth < 5; depth++) {
    const inner = (root as ErrorLike | null | undefined)?.originalError;
    if (inner === undefined || inner === null) break;
    root = inner;
  }
  return root;
}

function isLanguageError(error: unknown): boolean {
  return error instanceof GraphQLError || (error as { name?: string } | null)?.name === 'GraphQLError';
}

/** GraphQL over HTTP: what never ran is a 4xx; what ran answers 200 with its errors in the body. */
function statusOfAll(errors: readonly ErrorLike[]): number {
  const [first] = errors;
  if (!first || first.path !== undefined) return 200;
  return presentError(first).status;
}
