import { z } from 'zod';
import type { RelyingParty } from '@aceso/kernel';

const DOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
export const PASSKEY_ORIGINS_MAX = 16;

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

/** Where passkeys count. Without these variables: the address under which browsers reach this instance. */
export const PASSKEY_VARIABLES = {
  ACESO_PASSKEY_DOMAIN: [z.string().max(253).regex(DOMAIN).optional(), 'a domain like example.org'],
  ACESO_PASSKEY_ORIGINS: [
    z
      .string()
      .transform((text) => text.split(',').map((origin) => origin.trim()))
      .refine((origins) => origins.length <= PASSKEY_ORIGINS_MAX && origins.every(isOrigin))
      .optional(),
    `up to ${PASSKEY_ORIGINS_MAX} origins like https://aceso.example.org, with commas between them`,
  ],
} as const;

interface Given {
  readonly ACESO_PASSKEY_DOMAIN?: string | undefined;
  readonly ACESO_PASSKEY_ORIGINS?: readonly string[] | undefined;
  readonly publicUrl: string;
}

/** The relying party of this instance. */
export function toRelyingParty(given: Given): RelyingParty {
  const own = URL.canParse(given.publicUrl) ? new URL(given.publicUrl) : null;
  return Object.freeze({
    id: given.ACESO_PASSKEY_DOMAIN ?? own?.hostname ?? '',
    origins: Object.freeze([...(given.ACESO_PASSKEY_ORIGINS ?? (own ? [own.origin] : []))]),
  });
}

/** One line for each origin that no browser would let a passkey of the domain sign on. */
export function foreignPasskeyOrigins(given: Given): string[] {
  const { id, origins } = toRelyingParty(given);
  return origins
    .filter((origin) => {
      const { hostname } = new URL(origin);
      return hostname !== id && !hostname.endsWith(`.${id}`);
    })
    .map((origin) => `ACESO_PASSKEY_ORIGINS names ${origin}, which is not on the domain ${id} (ACESO_PASSKEY_DOMAIN)`);
}
