import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An attempt can be given up because of what the risk report says of its final files. */
export class RiskVerdict0000000000024 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(REASON);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

const REASON = `
alter table extraction.attempt drop constraint attempt_reason_check;
alter table extraction.attempt add constraint attempt_reason_check
  check (reason in ('GATE_MOVED', 'K_NOT_REACHED', 'RISK_TOO_HIGH', 'WORK_FAILED'));
`;
