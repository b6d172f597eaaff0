import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who checks the ledger reads all of it in one snapshot, under one role. */
export class LedgerCheck0000000000015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The worker reads the same sealed openings a moment later, when they are in the log.
    await runner.query('grant select on ledger.pending to aceso_worker');
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}
