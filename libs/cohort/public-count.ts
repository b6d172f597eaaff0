import type { Config, Runtime } from '@aceso/platform';
import type { CohortIndex } from './cohort-index';
import { checkCriteria } from './domain/criteria-document';
import { publicNumber } from './domain/public-number';

/** How many persons are found, for a description that anybody reads (ADR 42). Role worker. */
export class PublicCount {
  constructor(
    private readonly index: CohortIndex,
    private readonly runtime: Runtime,
    private readonly config: Pick<Config, 'adultAgeYears'>,
  ) {}

  /** Rounded down to hundreds; null below a thousand. Throws COUNT_BUSY, COUNT_TOO_LONG. */
  async persons(): Promise<number | null> {
    const steps = await this.index.count('worker', {
      criteria: checkCriteria({ version: 1, all: [] }),
      day: this.runtime.recordDate(),
      adultAgeYears: this.config.adultAgeYears,
    });
    return publicNumber(steps.at(-1)!);
  }
}
