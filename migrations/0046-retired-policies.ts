import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An order ends for a reason of its own when the policy that patients agreed to is no longer there. */
export class RetiredPolicies0000000000046 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(REASONS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

const REASONS = `
alter table marketplace."order" drop constraint order_reason_check, add constraint order_reason_check
  check (reason in ('COHORT_TOO_SMALL', 'K_NOT_REACHED', 'RISK_TOO_HIGH', 'GATE_MOVED', 'RECORD_UNREADABLE', 'ATTEMPTS_EXHAUSTED',
                    'CANCELLED_BY_BUYER', 'COMPOSITION_TOO_NARROW', 'BUYER_STOPPED', 'POLICY_RETIRED'));
`;
