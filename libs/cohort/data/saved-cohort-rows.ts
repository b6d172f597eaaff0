import type { CohortId, PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { CohortVersion } from '../cohort.service';
import { CohortError } from '../domain/cohort.errors';
import { checkCriteria } from '../domain/criteria-document';
import type { Criteria } from '../domain/criteria';

/** Saved cohorts of a party beside archived ones. The database keeps to it. */
export const COHORTS_MAX = 200;
/** With archived ones. The database keeps to it. */
export const COHORTS_EVER_MAX = 2_000;
/** Versions of a saved cohort. The database keeps to it. */
export const COHORT_VERSIONS_MAX = 100;

/** A version in the list of its cohort. */
export interface ListedVersion {
  readonly version: number;
  readonly savedAt: Date;
  /** Lower-case hexadecimal. */
  readonly criteriaHash: string;
}

/** A cohort that its owner gave a name, as of one of its versions. */
export interface SavedCohort extends CohortVersion, ListedVersion {
  readonly ownerId: PartyId;
  readonly name: string;
  /** Whether the research centers that belong together with its owner may read it. */
  readonly shared: boolean;
  /** Null while it is in use. */
  readonly archivedAt: Date | null;
  /** What it was forked from; null where it was written anew. */
  readonly forkedFrom: CohortVersion | null;
  readonly criteria: Criteria;
  /** The newest first. */
  readonly versions: readonly ListedVersion[];
}

type StoredCohort = Omit<SavedCohort, 'criteria' | 'versions' | 'forkedFrom'> & {
  readonly criteria: unknown;
  readonly forkedId: CohortId | null;
  readonly forkedVersion: number | null;
  readonly versions: readonly { version: number; savedAt: string; criteriaHash: string }[];
};

/** Which saved cohorts are listed: one's own in use, one's own archived ones, or those that others share. */
export type CohortShelf = 'own' | 'archived' | 'shared';

const COHORT = `
select s.id as "cohortId", s.owner_id as "ownerId", s.name, s.shared, s.archived_at as "archivedAt",
       s.forked_from_id as "forkedId", s.forked_from_version as "forkedVersion",
       c.version, c.criteria, encode(c.criteria_hash, 'hex') as "criteriaHash", c.saved_at as "savedAt", listed.versions
  from cohort.saved_cohort s
  join lateral (
    select max(v.version) as newest,
           jsonb_agg(jsonb_build_object('version', v.version, 'savedAt', v.saved_at,
                                        'criteriaHash', encode(v.criteria_hash, 'hex')) order by v.version desc) as versions
      from cohort.cohort v where v.id = s.id
  ) listed on true`;

/** A saved cohort that the acting party may read, in its newest version unless one is named; undefined where there is none. */
export async function readCohort(
  tx: Tx,
  { cohortId, version }: { readonly cohortId: CohortId; readonly version?: number | undefined },
): Promise<SavedCohort | undefined> {
  const [row] = await tx.query<StoredCohort>(
    `${COHORT} join cohort.cohort c on c.id = s.id and c.version = coalesce($2::integer, listed.newest) where s.id = $1`,
    [cohortId, version ?? null],
  );
  return row && toCohort(row);
}

/** Up to `limit` saved cohorts of a shelf in their newest versions, the youngest cohort first, after the one with the id `after`. */
export async function listCohorts(
  tx: Tx,
  page: { readonly shelf: CohortShelf; readonly after: string | null; readonly limit: number },
): Promise<SavedCohort[]> {
  const rows = await tx.query<StoredCohort>(
    `${COHORT} join cohort.cohort c on c.id = s.id and c.version = listed.newest
      where case $1 when 'own' then s.owner_id = platform.acting_party() and s.archived_at is null
                    when 'archived' then s.owner_id = platform.acting_party() and s.archived_at is not null
                    else s.owner_id <> platform.acting_party() end
        and ($2::uuid is null or (s.saved_at, s.id) <
             (select last.saved_at, last.id from cohort.saved_cohort last where last.id = $2))
      order by s.saved_at desc, s.id desc limit $3`,
    [page.shelf, page.after, page.limit],
  );
  return rows.map(toCohort);
}

/** Locks a saved cohort of the acting party; undefined where it has none of this id. */
export async function lockOwnCohort(
  tx: Tx,
  cohortId: CohortId,
): Promise<Pick<SavedCohort, 'name' | 'archivedAt'> | undefined> {
  const [row] = await tx.query<Pick<SavedCohort, 'name' | 'archivedAt'>>(
    `select name, archived_at as "archivedAt" from cohort.saved_cohort
      where id = $1 and owner_id = platform.acting_party() for update`,
    [cohortId],
  );
  return row;
}

/** Writes the name under which a cohort is saved, before its first version. Throws COHORT_NAME_TAKEN, COHORT_LIMIT_REACHED. */
export function insertCohort(
  tx: Tx,
  cohort: Pick<SavedCohort, 'cohortId' | 'ownerId' | 'name' | 'forkedFrom'>,
): Promise<unknown> {
  const { cohortId, ownerId, name, forkedFrom } = cohort;
  const values = [cohortId, ownerId, name, forkedFrom?.cohortId ?? null, forkedFrom?.version ?? null];
  return refusing(
    tx.execute(
      `insert into cohort.saved_cohort (id, owner_id, name, forked_from_id, forked_from_version)
       values ($1, $2, $3, $4, $5)`,
      values,
    ),
  );
}

/** Throws COHORT_NAME_TAKEN. */
export function renameCohort(tx: Tx, cohortId: CohortId, name: string): Promise<unknown> {
  return refusing(tx.execute('update cohort.saved_cohort set name = $2 where id = $1', [cohortId, name]));
}

export function shareCohort(tx: Tx, cohortId: CohortId, shared: boolean): Promise<unknown> {
  return tx.execute('update cohort.saved_cohort set shared = $2 where id = $1', [cohortId, shared]);
}

/** An archived cohort is not shared. Throws COHORT_NAME_TAKEN, COHORT_LIMIT_REACHED where it comes back. */
export function archiveCohort(tx: Tx, cohortId: CohortId, archived: boolean): Promise<unknown> {
  return refusing(
    tx.execute(
      `update cohort.saved_cohort
          set archived_at = case when $2 then coalesce(archived_at, clock_timestamp()) end, shared = shared and not $2
        where id = $1`,
      [cohortId, archived],
    ),
  );
}

const REFUSALS: Readonly<Record<string, () => CohortError>> = {
  saved_cohort_name: () =>
    new CohortError('COHORT_NAME_TAKEN', 'another saved cohort of yours has this name: choose another one'),
  saved_cohorts_kept: () =>
    new CohortError(
      'COHORT_LIMIT_REACHED',
      `at most ${COHORTS_MAX} saved cohorts, ${COHORTS_EVER_MAX} with archived ones: archive some, or save versions of one`,
    ),
  cohort_versions_kept: () =>
    new CohortError('COHORT_LIMIT_REACHED', `a saved cohort has at most ${COHORT_VERSIONS_MAX} versions: fork it`),
};

/** What the database refuses, in words. */
export function refusing<T>(writing: Promise<T>): Promise<T> {
  return writing.catch((error: unknown) => {
    throw REFUSALS[(error as { readonly constraint?: string }).constraint ?? '']?.() ?? error;
  });
}

function toCohort({ forkedId, forkedVersion, versions, criteria, ...row }: StoredCohort): SavedCohort {
  return {
    ...row,
    forkedFrom: forkedId && forkedVersion !== null ? { cohortId: forkedId, version: forkedVersion } : null,
    // jsonb keeps members in an order of its own; sentences stand in ours.
    criteria: checkCriteria(criteria),
    versions: versions.map((each) => ({ ...each, savedAt: new Date(each.savedAt) })),
  };
}
