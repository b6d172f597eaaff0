import { Injectable } from '@nestjs/common';
import { asId, type CohortId, type PartyId } from '@aceso/kernel';
import { Runtime, type Tx } from '@aceso/platform';
import { CohortService, type CohortVersion } from './cohort.service';
import {
  archiveCohort,
  insertCohort,
  listCohorts,
  lockOwnCohort,
  readCohort,
  refusing,
  renameCohort,
  shareCohort,
  type CohortShelf,
  type SavedCohort,
} from './data/saved-cohort-rows';
import { CohortError, cohortNotFound } from './domain/cohort.errors';
import { cohortName } from './domain/cohort-name';
import type { Criteria } from './domain/criteria';

/** Whoever reads or saves cohorts: a research center. */
export interface CohortReader {
  readonly partyId: PartyId;
}

/** A cohort as its owner writes it. */
export interface CohortDraft {
  /** The saved cohort that gets another version or name; a new one without it. */
  readonly cohortId?: CohortId | undefined;
  readonly name: string;
  readonly criteria: Criteria;
}

/**
 * Cohorts that research centers gave a name, in versions that never change. A saved cohort is its owner's; where it is shared, research
 * centers of the same group read it, and fork it to change it. The database says who reads what (ADR 40). Role api.
 */
@Injectable()
export class SavedCohorts {
  constructor(
    private readonly cohorts: CohortService,
    private readonly runtime: Runtime,
  ) {}

  /**
   * Saves a new cohort, or another version or name of one; a version that says the same as the newest one is none. Throws
   * COHORT_NAME_INVALID, COHORT_NAME_TAKEN, COHORT_LIMIT_REACHED, COHORT_ARCHIVED, NOT_FOUND.
   */
  async save(tx: Tx, reader: CohortReader, draft: CohortDraft): Promise<SavedCohort> {
    await tx.actAs(reader.partyId);
    const [name, { criteria }] = [cohortName(draft.name), draft];
    if (draft.cohortId === undefined) return this.#begin(tx, reader, { name, criteria, forkedFrom: null });
    const known = await this.#lockInUse(tx, draft.cohortId);
    if (known.name !== name) await renameCohort(tx, draft.cohortId, name);
    await refusing(this.cohorts.save(tx, { ownerId: reader.partyId, criteria, cohortId: draft.cohortId }));
    return this.read(tx, reader, { cohortId: draft.cohortId });
  }

  /** A new cohort of one's own from a version that one may read. Throws as {@link save}. */
  async fork(tx: Tx, reader: CohortReader, { of, name }: { of: CohortVersion; name: string }): Promise<SavedCohort> {
    const { criteria } = await this.read(tx, reader, of);
    const { cohortId, version } = of;
    return this.#begin(tx, reader, { name: cohortName(name), criteria, forkedFrom: { cohortId, version } });
  }

  /** Lets research centers of the same group read a cohort, or ends that. Throws NOT_FOUND, COHORT_ARCHIVED. */
  async share(tx: Tx, reader: CohortReader, change: { cohortId: CohortId; shared: boolean }): Promise<SavedCohort> {
    await tx.actAs(reader.partyId);
    await this.#lockInUse(tx, change.cohortId);
    await shareCohort(tx, change.cohortId, change.shared);
    return this.read(tx, reader, change);
  }

  /**
   * Puts a cohort away, or takes it back: put away it is not shared, its name is free, and its versions stay. Throws NOT_FOUND,
   * COHORT_NAME_TAKEN, COHORT_LIMIT_REACHED.
   */
  async archive(tx: Tx, reader: CohortReader, change: { cohortId: CohortId; archived: boolean }): Promise<SavedCohort> {
    await tx.actAs(reader.partyId);
    if (!(await lockOwnCohort(tx, change.cohortId))) throw cohortNotFound();
    await archiveCohort(tx, change.cohortId, change.archived);
    return this.read(tx, reader, change);
  }

  /** A saved cohort in its newest version, or in one that is named. Throws NOT_FOUND. */
  async read(
    tx: Tx,
    reader: CohortReader,
    of: { readonly cohortId: CohortId; readonly version?: number | undefined },
  ): Promise<SavedCohort> {
    await tx.actAs(reader.partyId);
    const { cohortId, version } = of;
    const cohort = await readCohort(tx, { cohortId, version });
    if (!cohort) throw cohortNotFound();
    return cohort;
  }

  /** Up to `limit` cohorts of a shelf, the youngest first, after the one with the id `after`. */
  async list(
    tx: Tx,
    reader: CohortReader,
    page: { readonly shelf: CohortShelf; readonly after: string | null; readonly limit: number },
  ): Promise<readonly SavedCohort[]> {
    await tx.actAs(reader.partyId);
    return listCohorts(tx, page);
  }

  async #begin(
    tx: Tx,
    reader: CohortReader,
    { name, criteria, forkedFrom }: Pick<SavedCohort, 'name' | 'criteria' | 'forkedFrom'>,
  ): Promise<SavedCohort> {
    const [cohortId, ownerId] = [asId<'Cohort'>(this.runtime.uuid()), reader.partyId];
    await insertCohort(tx, { cohortId, ownerId, name, forkedFrom });
    await this.cohorts.save(tx, { ownerId, criteria, cohortId });
    return this.read(tx, reader, { cohortId });
  }

  async #lockInUse(tx: Tx, cohortId: CohortId): Promise<{ readonly name: string }> {
    const known = await lockOwnCohort(tx, cohortId);
    if (!known) throw cohortNotFound();
    if (known.archivedAt) throw new CohortError('COHORT_ARCHIVED', 'the cohort is archived: take it back first');
    return known;
  }
}
