import {
  coerceInputValue,
  getNullableType,
  getOperationAST,
  isInputObjectType,
  isInputType,
  isListType,
  isRequiredInputField,
  parse,
  typeFromAST,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import { TOKENS_MAX } from './limits';

/** A request as far as it has been read: from before any of it was found to fit. */
interface SentRequest {
  readonly query?: unknown;
  readonly operationName?: unknown;
  readonly variables?: unknown;
}

/** Places named in one message: the first ones say enough. */
const PLACES_MAX = 5;

/** True for the errors of graphql-js and graphql-jit that quote a variable's value; graphql-jit names the wrong variable. */
export function quotesVariable(message: string): boolean {
  return /^Variable "\$\w+" got invalid value /.test(message);
}

/**
 * Where variables do not fit and what is expected there, never what was sent: values may be content, and content stands
 * in no message. Found by coercing them again, as the messages of the libraries mix both.
 */
export function variableRefusal(schema: GraphQLSchema | undefined, request: SentRequest): string {
  const places = schema ? misfits(schema, request) : [];
  return places.length === 0 ? 'Variables do not fit their types.' : `Variables: ${places.join('; ')}.`;
}

function misfits(schema: GraphQLSchema, { query, operationName, variables }: SentRequest): string[] {
  const document = parse(String(query), { maxTokens: TOKENS_MAX, noLocation: true });
  const operation = getOperationAST(document, typeof operationName === 'string' ? operationName : undefined);
  const places = new Set<string>();
  for (const definition of operation?.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    const value = ((variables ?? {}) as Record<string, unknown>)[name];
    if (!isInputType(type) || value === undefined) continue;
    coerceInputValue(value, type, (path, invalid) => {
      if (places.size === PLACES_MAX) return;
      const place = path.reduce<string>((text, at) => text + (typeof at === 'number' ? `[${at}]` : `.${at}`), name);
      places.add(`${place} ${expectation(typeAt(type, path), invalid)}`);
    });
  }
  return [...places];
}

/** The type that the schema has at a path; all names on it are fields that the schema has. */
function typeAt(type: GraphQLInputType, path: readonly (string | number)[]): GraphQLInputType {
  return path.reduce<GraphQLInputType>((outer, at) => {
    const inner = getNullableType(outer);
    if (typeof at === 'number') return isListType(inner) ? inner.ofType : inner;
    return (isInputObjectType(inner) && inner.getFields()[at]?.type) || inner;
  }, type);
}

function expectation(type: GraphQLInputType, value: unknown): string {
  const inner = getNullableType(type);
  if (!isInputObjectType(inner) || typeof value !== 'object' || value === null) return `is no ${String(type)}`;
  const missing = Object.values(inner.getFields()).filter(
    (field) => isRequiredInputField(field) && (value as Record<string, unknown>)[field.name] === undefined,
  );
  if (missing.length === 0) return `has a field that ${inner.name} does not have`;
  return `lacks ${missing.map((field) => `${field.name}: ${String(field.type)}`).join(', ')}`;
}
