import { ID } from '@nestjs/graphql';
import { fromGlobalId } from '@aceso/platform/graphql';
import type { WardWish } from '../ward-access';

/** The argument of every mutation that takes a signed statement; its `jti` makes the mutation idempotent. */
export const STATEMENT = {
  type: () => String,
  description: 'JSON text of a statement that the client composed and signed; the same text again changes nothing.',
} as const;

/** The argument of everything that a patient sees or does without a statement, and a guardian for its ward. */
export const WARD = {
  type: () => ID,
  nullable: true,
  description: 'For whom, by an appointment of `myGuardianships`; the acting patient itself without it.',
} as const;

/** What is wanted of whom. */
export function wardWish(ward: string | null | undefined, wish: Omit<WardWish, 'ward'>): WardWish {
  return { ward: typeof ward === 'string' ? fromGlobalId('Party', ward) : null, ...wish };
}
