import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What `fsck` needs to notice that a superuser deleted an opening or an entry. */
export class LedgerAccounts0000000000022 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(WITHHELD);
    await runner.query(EVENT_ENTRIES);
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

// The worker sees which event has which entry, and whom an entry concerns it sees in its opening: nothing else of an event.
const EVENT_ENTRIES = `
grant select (seq, ledger_entry_id) on audit.access_event to aceso_worker;
create policy check_entries on audit.access_event for select to aceso_worker using (true);
`;
