import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the register remembers of its own work, so that nothing of it is lost or done twice. */
export class RegisterProgress0000000000017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INDEXED_HEADS);
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
