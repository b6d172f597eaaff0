import type { MigrationInterface, QueryRunner } from 'typeorm';
import { AUDIT_EXPORT } from './0039-audit-export';
import { PAYOUTS } from './0039-payouts';
import { EVIDENCE, VISAS } from './0039-visas';

/** Officers execute payouts and take the access log along; visas of approved researchers, and of others as evidence. */
export class VisasAndPayouts0000000000039 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PAYOUTS);
    await runner.query(AUDIT_EXPORT);
    await runner.query(VISAS);
    await runner.query(EVIDENCE);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}
