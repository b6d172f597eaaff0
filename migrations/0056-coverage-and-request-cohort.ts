import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who compares the index with the records, and where it stands which cohort a request is of. */
export class CoverageAndRequestCohort0000000000056 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Whoever compares reads what persons are said to have in the index (ADR 42).
    await runner.query('grant select on facts.coverage to aceso_index');
    // Each version of a request names its cohort (ADR 40): the one of the first version said nothing of the others.
    await runner.query('alter table marketplace.request drop column cohort_id');
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}
