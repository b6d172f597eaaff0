import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Wakes the outbox relay at commit, so that it need not poll often. */
export class OutboxWakeup0000000000011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function platform.wake_relay() returns trigger language plpgsql as $$
      begin
        perform pg_notify('aceso_outbox', ''); -- delivered at commit, once a transaction
        return null;
      end $$;
      create trigger outbox_wakes_relay after insert on platform.outbox
        for each statement execute function platform.wake_relay();
    `);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}
