import { assert, type PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { IdentityError } from './domain';

/** Name of the database's refusal of what a stopped party would do (migrations/0031). */
const PARTY_ACTIVE = 'party_active';
const DAY_MS = 86_400_000;

/**
 * Those of the parties that may act at a moment, the database's present unless one is given. No step of their licences commits until
 * the end of the transaction: an act comes before a freeze, or the freeze is seen. Take them before gates of persons.
 */
export async function activeAmong(tx: Tx, partyIds: readonly PartyId[], at?: Date): Promise<ReadonlySet<PartyId>> {
  const rows = await tx.query<{ id: PartyId }>(
    'select id from identity.hold_active($1::uuid[], coalesce($2::timestamptz, clock_timestamp())) as id',
    [partyIds, at ?? null],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Throws PARTY_NOT_ACTIVE unless the party may act; see {@link activeAmong}. */
export async function requireActive(tx: Tx, partyId: PartyId, at?: Date): Promise<void> {
  if (!(await activeAmong(tx, [partyId], at)).has(partyId)) throw notActive();
}

/**
 * Throws ERASURE_HELD while the party is stopped, for so many days at most: a freeze gives the time to end a key that is in other
 * hands, and takes nothing from whoever the record is about.
 */
export async function requireNotHeld(tx: Tx, partyId: PartyId, at: Date, daysMax: number): Promise<void> {
  if ((await activeAmong(tx, [partyId], at)).has(partyId)) return;
  const [stop] = await tx.query<{ since: Date }>('select since from identity.stopped_since($1, $2)', [partyId, at]);
  assert(stop, 'who may not act is stopped since a moment');
  const until = new Date(stop.since.getTime() + daysMax * DAY_MS);
  if (until <= at) return;
  throw new IdentityError(
    'ERASURE_HELD',
    `your key may be in other hands: end it from another device, or erase from ${until.toISOString()} on`,
  );
}

/** The refusal of the database's own check as a coded one; any other error as it is. */
export function asStopped(error: unknown): unknown {
  const constraint = error instanceof Error && 'constraint' in error ? error.constraint : null;
  return constraint === PARTY_ACTIVE ? notActive(error) : error;
}

function notActive(cause?: unknown): IdentityError {
  return new IdentityError(
    'PARTY_NOT_ACTIVE',
    'the licence is suspended or revoked: see myLicence, and appeal there',
    cause === undefined ? undefined : { cause },
  );
}
