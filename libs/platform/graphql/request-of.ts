import type { ArgumentsHost } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Where the drivers of GraphQL keep the HTTP request. */
interface GraphqlContext {
  readonly req?: FastifyRequest;
  readonly reply?: { readonly request: FastifyRequest };
}

/** The HTTP request behind a call, be it GraphQL (third argument of a resolver is the context) or REST. */
export function requestOf(context: ArgumentsHost): FastifyRequest {
  if (context.getType<string>() !== 'graphql') return context.switchToHttp().getRequest<FastifyRequest>();
  const graphql = context.getArgByIndex<GraphqlContext>(2);
  const request = graphql.req ?? graphql.reply?.request;
  if (!request) throw new TypeError('a GraphQL call comes with its request');
  return request;
}
