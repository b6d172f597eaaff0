import type { MigrationInterface, QueryRunner } from 'typeorm';
import { AUDIT_EXPORT } from './0039-audit-export';
import { PAYOUTS } from './0039-payouts';

/** Officers execute payouts and take the access log along; visas of approved researchers, and of others as evidence. */
export class VisasAndPayouts0000000000039 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PAYOUTS);
    await runner.query(AUDIT_EXPORT);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}
