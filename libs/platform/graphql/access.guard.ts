import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ACCESS, type AccessRule } from './access';
import { TokenVerifier, type Actor } from './actor';
import { EdgeError } from './edge.errors';
import { requestOf } from './request-of';

/** RFC 6750 section 2.1: b64token. Longer values are nobody's token. */
const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;
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

  /** True, or throws ACCESS_UNDECLARED, UNAUTHENTICATED or FORBIDDEN. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!rule) throw new EdgeError('ACCESS_UNDECLARED', 'this operation declares nobody who may call it');
    const request = requestOf(context);
    const known = actors.get(request);
    if (known !== undefined) return permit(rule, known);
    return this.identify(request).then((actor) => permit(rule, actor));
  }

  private identify(request: FastifyRequest): Promise<Actor | null> {
    const running = pending.get(request);
    if (running) return running;
    const started = this.verify(request.headers.authorization).then((actor) => {
      actors.set(request, actor);
      return actor;
    });
    pending.set(request, started);
    return started;
  }

  private async verify(header: string | undefined): Promise<Actor | null> {
    if (header === undefined || header.length > TOKEN_LENGTH_MAX) return null;
    const token = BEARER.exec(header)?.[1];
    return token === undefined ? null : ((await this.tokenVerifier()?.verify(token)) ?? null);
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
  if (!actor) throw new EdgeError('UNAUTHENTICATED', 'a valid bearer token is needed');
  if (!rule.some((role) => role === actor.role)) throw new EdgeError('FORBIDDEN', 'another role may do this');
  return true;
}
