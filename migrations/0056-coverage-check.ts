import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever compares the index with the records reads what persons are said to have in it (ADR 42). */
export class CoverageCheck0000000000056 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('grant select on facts.coverage to aceso_index');
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}
