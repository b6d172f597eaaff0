import type { ArgumentsHost } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { GraphQLResolveInfo } from 'graphql';
import type { Refusal } from '../refusal-log';
import { actorOf } from './access.guard';
import type { Presentation } from './presentation';
import { requestOf } from './request-of';

/** Longest name of an act that the access log takes. */
const ACT_LENGTH_MAX = 80;
const FORBIDDEN = 403;
const NOT_FOUND = 404;

/**
 * What the log of refusals keeps of an error: access that was refused to a party whose token is valid, be it by role or
 * because the thing is another's, which is the same as not there. Null for everything else: a caller without a token is
 * nobody, and what was sent in a wrong form touched nothing.
 */
export function refusalOf({ code, status, internal }: Presentation, host: ArgumentsHost): Refusal | null {
  const isAccess = status === FORBIDDEN || status === NOT_FOUND || code.endsWith('_UNKNOWN');
  if (internal || !isAccess) return null;
  const request = requestOf(host);
  const actor = actorOf(request);
  return actor && { actorId: actor.partyId, act: actOf(host, request), reason: code };
}

/** `query.order`, `order.package` for a field of a type, `get.orders.package` for a route: as declared, never as sent. */
function actOf(host: ArgumentsHost, request: FastifyRequest): string {
  if (host.getType<string>() === 'graphql') {
    const { parentType, fieldName } = host.getArgByIndex<Pick<GraphQLResolveInfo, 'parentType' | 'fieldName'>>(3);
    return actName([parentType.name, fieldName]);
  }
  const pattern = request.routeOptions.url ?? '';
  const words = pattern.split('/').filter((part) => /^[a-z]/i.test(part));
  return actName([request.method, ...words]);
}

/** Words as an act: `Query` and `myRecords` are `query.my-records`. */
export function actName(words: readonly string[]): string {
  const kebab = words.map((word) =>
    word
      .replace(/(?<=[a-z0-9])[A-Z]/g, '-$&')
      .toLowerCase()
      .replace(/[^a-z0-9-]/g, '-'),
  );
  return kebab.join('.').slice(0, ACT_LENGTH_MAX);
}
