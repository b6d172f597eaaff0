import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import type { Role } from './actor';

/** Metadata key under which a handler states who may call it. */
export const ACCESS = 'aceso:access';

/** `public` is everybody, also without a token; otherwise the roles that are let in. */
export type AccessRule = readonly ['public'] | readonly [Role, ...Role[]];

/**
 * States who may call a handler, a field resolver or all handlers of a class. Whatever states nothing is closed
 * (ACCESS_UNDECLARED), see docs/adr/0004-closed-by-default.md.
 */
export function Access(...rule: AccessRule): CustomDecorator {
  return SetMetadata(ACCESS, rule);
}

/** Metadata key under which a handler states that a stopped party may call it. */
export const WHILE_STOPPED = 'aceso:while-stopped';

/**
 * States that a party may call a handler although its licence is suspended or revoked: what lets it see why and appeal, and what
 * narrows. A patient's reading needs no such word.
 */
export function WhileStopped(): CustomDecorator {
  return SetMetadata(WHILE_STOPPED, true);
}
