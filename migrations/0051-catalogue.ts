import type { MigrationInterface, QueryRunner } from 'typeorm';
import { COVERAGE } from './0051-coverage';
import { GENERATED } from './0051-generated-facts';

/** What an instance has to offer, and facts to measure with (ADR 42). */
export class Catalogue0000000000051 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(GENERATED);
    await runner.query(COVERAGE);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}
