import { z } from 'zod';
import { chainedClaims, DECADE_SECONDS, digestClaim, uuidClaim, YEAR_SECONDS } from '@aceso/identity/domain';
import { PERMISSION_RULES_MAX, ruleClaim } from './permission/rule';

/** Most source records that one grant names; what fits the longest statement with room to spare. */
export const GRANT_RECORDS_MAX = 64;

/** Whether the person may be found, counted and asked. `exp` ends the terms: after it they count as `deny`. */
export const DISCOVERY_TERMS = {
  typ: 'aceso/discovery-terms/v1',
  signers: ['patient'],
  lifetimeSecondsMax: DECADE_SECONDS,
  chained: true,
  guarded: 'research',
  claims: chainedClaims({ discovery: z.enum(['permit', 'deny']) }),
} as const;

/** Heads of source records at one moment, each record once: nothing recorded later is covered. */
export const RECORDS_UP_TO = z
  .array(z.strictObject({ sourceRecord: uuidClaim, sequence: z.int().min(1), digest: digestClaim }))
  .min(1)
  .max(GRANT_RECORDS_MAX)
  .refine((heads) => new Set(heads.map((head) => head.sourceRecord)).size === heads.length, 'each record once');

/**
 * Agreement to one version of one request (privacy-and-keys 4). `recordsUpTo` names the head of each source record at
 * signing: nothing recorded later is covered. `amount` is what the patient receives, after all shares. `exp` ends it.
 */
export const GRANT = {
  typ: 'aceso/grant/v1',
  signers: ['patient'],
  lifetimeSecondsMax: DECADE_SECONDS,
  chained: true,
  guarded: 'research',
  claims: chainedClaims({
    request: uuidClaim,
    version: z.int().min(1).max(1_000_000),
    contentHash: digestClaim,
    recordsUpTo: RECORDS_UP_TO,
    notice: z.strictObject({
      hash: digestClaim,
      language: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'a language tag (RFC 5646)'),
      payment: z.literal(true),
    }),
    amount: z.strictObject({
      amountMinor: z.string().regex(/^(0|[1-9][0-9]{0,17})$/, 'whole minor units'),
      currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code'),
    }),
    splitRule: digestClaim,
  }),
} as const;

/** Withdraws the grant with this digest. */
export const REVOCATION = {
  typ: 'aceso/revocation/v1',
  signers: ['patient'],
  whileStopped: true,
  lifetimeSecondsMax: YEAR_SECONDS,
  chained: true,
  guarded: 'research',
  claims: chainedClaims({ grant: digestClaim }),
} as const;

/**
 * Every rule of the person at once: it takes the place of the rules before. `exp` ends only the time for handing it in: rules
 * that say no must not lapse by themselves.
 */
export const PERMISSION_RULES = {
  typ: 'aceso/permission-rules/v1',
  signers: ['patient'],
  lifetimeSecondsMax: YEAR_SECONDS,
  chained: true,
  guarded: 'both',
  claims: chainedClaims({ rules: z.array(ruleClaim).max(PERMISSION_RULES_MAX) }),
} as const;

export type DiscoveryTermsClaims = z.infer<typeof DISCOVERY_TERMS.claims>;
export type GrantClaims = z.infer<typeof GRANT.claims>;
export type PermissionRulesClaims = z.infer<typeof PERMISSION_RULES.claims>;
export type RevocationClaims = z.infer<typeof REVOCATION.claims>;
export type RecordHead = GrantClaims['recordsUpTo'][number];
