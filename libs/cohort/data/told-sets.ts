import { hex, type PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { Told } from '../domain/closeness';

/** Different questions of a group in 24 hours that may be too close before it is locked out. The database keeps to it. */
export const CLOSE_CALLS_MAX = 20;

/** What the group of the acting party was told of a set, or what follows from what it was shown. */
export interface ToldRow {
  /** Of the question, lower-case hexadecimal. */
  readonly key: string;
  readonly setDigest: string;
  readonly told: Told;
  readonly approximate: number | null;
  /** Whether it was told in the last 24 hours. */
  readonly today: boolean;
}

/** What the group of the acting party was told, the oldest first. */
export function readToldSets(tx: Tx): Promise<ToldRow[]> {
  return tx.query<ToldRow>(
    `select encode(g.criteria_hash, 'hex') as key, encode(g.set_digest, 'hex') as "setDigest", g.told, g.approximate,
            g.told_at > clock_timestamp() - interval '24 hours' as today
       from cohort.group_sets() g order by g.id`,
  );
}

/** Members of sets by digest: of those that the group of the acting party may look at. */
export async function readMembers(tx: Tx, digests: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const rows = await tx.query<{ digest: Buffer; members: Buffer }>(
    `select digest, members from cohort.set_members(
       (select array_agg(decode(asked, 'hex')) from unnest($1::text[]) as asked))`,
    [digests],
  );
  return new Map(rows.map(({ digest, members }) => [hex.encode(digest), members]));
}

/** Keeps the members of a set under its digest; one that is there stays a day longer. */
export async function keepMembers(tx: Tx, setDigest: Uint8Array, members: Uint8Array): Promise<void> {
  await tx.execute(
    `insert into cohort.found_set (digest, members) values ($1, $2)
     on conflict (digest) do update set found_at = clock_timestamp()`,
    [setDigest, members],
  );
}

/** Keeps what the acting party was told of a set. */
export async function keepToldSet(
  tx: Tx,
  partyId: PartyId,
  { key, setDigest, told, approximate }: Omit<ToldRow, 'today'>,
): Promise<void> {
  await tx.execute(
    `insert into cohort.told_set (party_id, criteria_hash, set_digest, told, approximate)
     values ($1, decode($2, 'hex'), decode($3, 'hex'), $4, $5)`,
    [partyId, key, setDigest, told, approximate],
  );
}

/** Keeps that a question of the acting party came too close. True where that locked its group out. */
export async function keepCloseCall(tx: Tx, partyId: PartyId, key: string): Promise<boolean> {
  const before = await isLockedOut(tx, partyId);
  await tx.execute(`insert into cohort.close_call (party_id, criteria_hash) values ($1, decode($2, 'hex'))`, [
    partyId,
    key,
  ]);
  return !before && (await isLockedOut(tx, partyId));
}

/** Whether the group of a party is locked out of numbers until an officer releases it. */
export async function isLockedOut(tx: Tx, partyId: PartyId): Promise<boolean> {
  return (await tx.query('select from cohort.open_locks($1)', [partyId])).length > 0;
}
