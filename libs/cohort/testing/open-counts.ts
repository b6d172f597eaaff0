import { createAudit } from '@aceso/audit/testing';
import type { TestDatabase } from '@aceso/platform/testing';
import { Catalogue } from '../catalogue';
import { CohortCounts } from '../cohort-counts';
import { CohortIndex } from '../cohort-index';
import { CohortPartitions } from '../cohort-partitions';
import { DisclosureDesk } from '../disclosure-desk';
import type { closenessOf } from '../domain/closeness';

/** The catalogue over the same parts. */
export function openCatalogue(test: TestDatabase, index = new CohortIndex(test.database)): Catalogue {
  const { database, custody, runtime, config } = test;
  const { audit } = createAudit(test);
  const desk = new DisclosureDesk(database, custody, audit);
  return new Catalogue(database, runtime, config, index, desk);
}

/** Counts put together by hand, as the module does it; `guard` takes the place of the guard against differences. */
export function openCounts(test: TestDatabase, guard?: typeof closenessOf): CohortCounts {
  const { database, custody, runtime, config } = test;
  const { audit } = createAudit(test);
  return new CohortCounts(
    runtime,
    config,
    new CohortIndex(database),
    new DisclosureDesk(database, custody, audit, guard),
  );
}

/** Tables that other contexts make, put together in the same way. */
export function openPartitions(test: TestDatabase, guard?: typeof closenessOf): CohortPartitions {
  const { database, custody, runtime, config } = test;
  const desk = new DisclosureDesk(database, custody, createAudit(test).audit, guard);
  return new CohortPartitions(runtime, config, new CohortIndex(database), desk);
}
