import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the register remembers of its own work, so that nothing of it is lost or done twice. */
export class RegisterProgress0000000000017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INDEXED_HEADS);
    await runner.query(STAGED_BLOBS);
    await runner.query(READ_AGAIN);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Which heads the facts of a person were built from: {source record: sequence}; null where that is not known, as of all
// that was indexed before. What differs from the heads of now is built again.
const INDEXED_HEADS = `
alter table register.person_index add column heads jsonb;
grant update (heads) on register.person_index to aceso_index;
`;

// Which blob an upload was received as: each transfer has its own, so that no other one replaces what was accepted. The worker
// removes what is named here: it lies among the upload's own.
const STAGED_BLOBS = `
alter table register.upload add column staged_as text check (length(staged_as) <= 200);
alter table register.upload no force row level security;
update register.upload set staged_as = 'uploads/' || id where state = 'received';
alter table register.upload force row level security,
  add check (state <> 'received' or staged_as is not null),
  add check (starts_with(staged_as, 'uploads/' || id));
grant update (staged_as) on register.upload to aceso_api;
`;

// Which version of the software could not place a resource: reading depends on nothing else, so what waits for no patient
// is read again by every later version.
const READ_AGAIN = `
alter table register.quarantine add column read_by text check (length(read_by) <= 40);
grant update (code, path, waiting_for, read_by) on register.quarantine to aceso_worker;
`;
