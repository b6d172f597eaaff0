import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What became of the resources that an ingest left in quarantine, so that their sender can see it. */
export class QuarantineOutcome0000000000021 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COUNTERS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Raised in the transaction that removes the waiting row. A row waits under its provider's own key and hash, so the counts tell
// nothing of other providers. What was placed or expired before this migration is not known any more.
const COUNTERS = `
alter table register.ingest
  add column placed_later integer not null default 0 check (placed_later >= 0),
  add column expired integer not null default 0 check (expired >= 0);
grant update (placed_later, expired) on register.ingest to aceso_worker;
`;
