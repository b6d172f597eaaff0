import { z } from 'zod';
import { digestClaim, freeClaims, uuidClaim } from './claims';
import { IdentityError } from './identity.errors';
import { ROLES } from './role';
import { HOUR_SECONDS } from './statement-kind';

export const LICENCE_STATES = ['issued', 'suspended', 'appealed', 'reinstated', 'revoked'] as const;

export type LicenceState = (typeof LICENCE_STATES)[number];

/** By whose doing a licence moves: one officer, two who differ, or the party itself. */
export type LicenceDoer = 'officer' | 'officers' | 'party';

/** A freeze of one officer ends by itself after so many hours, unless a second one confirms it (privacy-and-keys 8). */
export const FREEZE_HOURS = 72;
/**
 * For so many days after such a freeze has ended by itself no officer alone freezes the party again: a suspension needs a second one
 * before it takes effect. Else officers would freeze in turns. The database repeats it.
 */
export const FREEZE_COOLING_DAYS = 30;
/** A proposal that nobody confirmed in so many hours is none any more. */
export const PROPOSAL_HOURS = 72;
const HOUR_MS = HOUR_SECONDS * 1000;

/** Allowed moves; the table `identity.licence_move` repeats them. A suspension that is confirmed stays what it was. */
export const LICENCE_NEXT: Record<LicenceState, Partial<Record<LicenceState, readonly LicenceDoer[]>>> = {
  issued: { suspended: ['officer', 'officers'] },
  suspended: { suspended: ['officers'], appealed: ['party'], reinstated: ['officers'], revoked: ['officers'] },
  appealed: { appealed: ['officers'], reinstated: ['officers'], revoked: ['officers'] },
  reinstated: { suspended: ['officer', 'officers'] },
  revoked: { issued: ['officers'] },
};

/** Steps that officers ask for; an appeal is the party's. */
export const OFFICERS_STEPS = ['issued', 'suspended', 'reinstated', 'revoked'] as const;

export type OfficersStep = (typeof OFFICERS_STEPS)[number];

/** Why a step was taken: words from a list, since a free text would be about persons. */
export const LICENCE_REASONS = [
  'key-compromise',
  'data-breach',
  'misuse',
  'licence-lapsed',
  'inquiry',
  'cleared',
  'error',
] as const;

export type LicenceReason = (typeof LICENCE_REASONS)[number];

/** One officer proposes a step, or freezes; with `confirms` a second one confirms the statement of that digest. */
export const LICENCE = {
  typ: 'aceso/licence/v1',
  signers: ['officer'],
  lifetimeSecondsMax: HOUR_SECONDS,
  claims: freeClaims({
    party: uuidClaim,
    step: z.enum(OFFICERS_STEPS),
    reason: z.enum(LICENCE_REASONS),
    confirms: digestClaim.optional(),
  }),
} as const;

/** A suspended party asks for a second look at the step with this number; `grounds` is the SHA-256 of what it sends beside. */
export const LICENCE_APPEAL = {
  typ: 'aceso/licence-appeal/v1',
  signers: ROLES,
  lifetimeSecondsMax: HOUR_SECONDS,
  whileStopped: true,
  claims: freeClaims({ step: z.int().min(1).max(2_147_483_647), grounds: digestClaim.optional() }),
} as const;

export type LicenceClaims = z.infer<typeof LICENCE.claims>;
export type LicenceAppealClaims = z.infer<typeof LICENCE_APPEAL.claims>;

/** The newest step of a licence. */
export interface LicenceStanding {
  readonly number: number;
  readonly state: LicenceState;
  /** When a freeze ends by itself; null where only two officers end it. */
  readonly until: Date | null;
}

/** Whether a party of this standing may act at a moment. At the very end of a freeze it may. */
export function mayAct({ state, until }: Pick<LicenceStanding, 'state' | 'until'>, at: Date): boolean {
  return state === 'issued' || state === 'reinstated' || (until !== null && until <= at);
}

/** When the freeze of one officer ends. */
export function freezeEnd(at: Date): Date {
  return new Date(at.getTime() + FREEZE_HOURS * HOUR_MS);
}

/** When a proposal can no longer be confirmed. */
export function proposalEnd(at: Date): Date {
  return new Date(at.getTime() + PROPOSAL_HOURS * HOUR_MS);
}

/** Throws LICENCE_MOVE_REFUSED unless a licence moves from one state to the other by this doer. */
export function requireMove(from: LicenceState, to: LicenceState, doer: LicenceDoer): void {
  if (LICENCE_NEXT[from][to]?.includes(doer)) return;
  throw new IdentityError(
    'LICENCE_MOVE_REFUSED',
    `a licence that is ${from} does not become ${to} by this: read its state`,
  );
}

/** What a confirmed suspension leaves the licence in: an appeal stays open. */
export function confirmedState(step: OfficersStep, now: LicenceState): LicenceState {
  return step === 'suspended' && now === 'appealed' ? 'appealed' : step;
}
