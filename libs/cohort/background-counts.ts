import { Injectable } from '@nestjs/common';
import { asId } from '@aceso/kernel';
import { Runtime, type Tx } from '@aceso/platform';
import {
  cancelCount,
  listCounts,
  queueCount,
  readCount,
  type BackgroundCount,
  type BackgroundCountId,
  type BackgroundCountKind,
} from './data/background-count-rows';
import type { Asker } from './disclosure-desk';
import { CohortError } from './domain/cohort.errors';
import { checkCriteria } from './domain/criteria-document';
import type { Criteria } from './domain/criteria';
import type { CohortVersion } from './cohort.service';
import { SavedCohorts } from './saved-cohorts';

/** What is to be counted: criteria, rules as they were written, or a version of a saved cohort; one of the two. */
export interface CountOrder {
  readonly kind: BackgroundCountKind;
  readonly criteria?: Criteria | undefined;
  readonly cohort?: CohortVersion | undefined;
}

/**
 * Counts and funnels that take longer than a client waits. Here they are asked for, looked at and cancelled; `BackgroundCounter` counts. Role
 * api.
 */
@Injectable()
export class BackgroundCounts {
  constructor(
    private readonly saved: SavedCohorts,
    private readonly runtime: Runtime,
  ) {}

  /**
   * Queues a count; the same one that waits or runs for the same party is the one that is returned. Throws CRITERIA_INVALID without exactly one
   * of criteria and cohort, NOT_FOUND, BACKGROUND_COUNTS_FULL.
   */
  async start(tx: Tx, asker: Asker, { kind, criteria, cohort }: CountOrder): Promise<BackgroundCount> {
    await tx.actAs(asker.partyId);
    if ((criteria === undefined) === (cohort === undefined)) {
      throw new CohortError('CRITERIA_INVALID', 'give either criteria or a version of a saved cohort');
    }
    const inOrder = criteria ?? (await this.saved.read(tx, asker, cohort!)).criteria;
    const asked = kind === 'funnel' ? inOrder : checkCriteria(inOrder);
    const newId = asId<'BackgroundCount'>(this.runtime.uuid());
    const id = await queueCount(tx, { id: newId, partyId: asker.partyId, kind, criteria: asked });
    return this.read(tx, asker, id);
  }

  /** One of the asker's own. Throws NOT_FOUND. */
  async read(tx: Tx, asker: Asker, id: BackgroundCountId): Promise<BackgroundCount> {
    await tx.actAs(asker.partyId);
    const count = await readCount(tx, id);
    if (!count) throw new CohortError('NOT_FOUND', 'there is no such count');
    return count;
  }

  /** Up to `limit` of the asker's own, the youngest first, after the one with the id `after`. */
  async list(tx: Tx, asker: Asker, page: { after: string | null; limit: number }): Promise<readonly BackgroundCount[]> {
    await tx.actAs(asker.partyId);
    return listCounts(tx, page);
  }

  /** Ends one that waits or runs, at whatever process: nothing of it is shown then. What has ended stays. Throws NOT_FOUND. */
  async cancel(tx: Tx, asker: Asker, id: BackgroundCountId): Promise<BackgroundCount> {
    await tx.actAs(asker.partyId);
    await cancelCount(tx, id);
    return this.read(tx, asker, id);
  }
}
