import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which entries came into the log without their opening, so that one that was deleted shows. */
export class LedgerAccounts0000000000022 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(WITHHELD);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// An entry of an erased subject is logged and its opening is not kept. With the leaves of the erasures this accounts for
// every opening that is not there.
const WITHHELD = `
create table ledger.withheld_opening (
  index bigint primary key check (index >= 0)
);
call platform.make_append_only('ledger.withheld_opening');
grant select on ledger.withheld_opening to aceso_worker;
grant insert on ledger.withheld_opening to aceso_sequencer;
`;
