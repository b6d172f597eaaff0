import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What criteria name beside codes: regions, and days for windows. */
export class Criteria0000000000042 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      grant select (zip3, state) on facts.person to aceso_api;
      grant select (start_date) on facts.fact to aceso_api;`);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}
