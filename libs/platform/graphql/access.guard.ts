import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { GraphQLResolveInfo } from 'graphql';
import { ACCESS, WHILE_STOPPED, type AccessRule } from './access';
import { TokenVerifier, type Actor, type TokenUse } from './actor';
import { EdgeError } from './edge.errors';
import { requestOf } from './request-of';

/** RFC 6750 section 2.1 and RFC 9449 section 7.1: a scheme and a b64token. Longer values are nobody's token. */
const AUTHORIZATION = /^(?:(Bearer)|DPoP) ([A-Za-z0-9._~+/-]+=*)$/i;
export const TOKEN_LENGTH_MAX = 4096;

/** One verification a request, however many fields ask. A request that is gone takes its entry along. */
const actors = new WeakMap<FastifyRequest, Actor | null>();
const pending = new WeakMap<FastifyRequest, Promise<Actor | null>>();

/** The actor that the guard found for this request; null for a caller without a valid token. */
export function actorOf(request: FastifyRequest): Actor | null {
  return actors.get(request) ?? null;
}

/**
 * The one global guard (APP_GUARD): closed unless the handler declares who may call it. It runs on field resolvers
 * as well (`fieldResolverEnhancers`).
 */
@Injectable()
export class AccessGuard implements CanActivate {
  private verifier: TokenVerifier | null | undefined;

  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
  ) {}

  /** True, or throws ACCESS_UNDECLARED, UNAUTHENTICATED, FORBIDDEN or ACTOR_STOPPED. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!rule) throw new EdgeError('ACCESS_UNDECLARED', 'this operation declares nobody who may call it');
    const request = requestOf(context);
    const known = actors.get(request);
    const judge = (actor: Actor | null): true => {
      permit(rule, actor);
      if (rule[0] !== 'public' && actor?.stopped && !this.isLeftTo(actor, context)) {
        throw new EdgeError('ACTOR_STOPPED', 'the licence is suspended or revoked: see myLicence, and appeal there');
      }
      return true;
    };
    if (known !== undefined) return judge(known);
    return this.identify(request).then(judge);
  }

  /** What a stopped party may still do: what a handler declares, and a patient its reading. */
  private isLeftTo(actor: Actor, context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride<true | undefined>(WHILE_STOPPED, [context.getHandler(), context.getClass()]))
      return true;
    return actor.role === 'patient' && isReading(context);
  }

  private identify(request: FastifyRequest): Promise<Actor | null> {
    const running = pending.get(request);
    if (running) return running;
    const started = this.verify(request).then((actor) => {
      actors.set(request, actor);
      return actor;
    });
    pending.set(request, started);
    return started;
  }

  private async verify({ headers, method, url }: FastifyRequest): Promise<Actor | null> {
    const header = headers.authorization;
    if (header === undefined || header.length > TOKEN_LENGTH_MAX) return null;
    const [, bearer, token] = AUTHORIZATION.exec(header) ?? [];
    if (token === undefined) return null;
    const proof = typeof headers['dpop'] === 'string' ? headers['dpop'] : undefined;
    const path = url.split('?', 1)[0] ?? '';
    const use: TokenUse = { scheme: bearer === undefined ? 'DPoP' : 'Bearer', proof, method, path };
    return (await this.tokenVerifier()?.verify(token, use)) ?? null;
  }

  /** Looked up on first use: the identity context may be anywhere in the module tree. Without one, nobody is verified. */
  private tokenVerifier(): TokenVerifier | null {
    if (this.verifier === undefined) {
      try {
        this.verifier = this.modules.get(TokenVerifier, { strict: false });
      } catch {
        this.verifier = null;
      }
    }
    return this.verifier ?? null;
  }
}

function permit(rule: AccessRule, actor: Actor | null): true {
  if (rule[0] === 'public') return true;
  if (!actor)
    throw new EdgeError('UNAUTHENTICATED', 'a valid token is needed, with its proof where it is bound to a key');
  if (!rule.some((role) => role === actor.role)) throw new EdgeError('FORBIDDEN', 'another role may do this');
  return true;
}

/** Fields of queries and of what they answer; GET of a route. */
function isReading(context: ExecutionContext): boolean {
  if (context.getType<string>() !== 'graphql') return requestOf(context).method === 'GET';
  return context.getArgByIndex<Pick<GraphQLResolveInfo, 'operation'>>(3).operation.operation === 'query';
}
