import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Checkpoints that were sent to a contract of an EVM chain, and what became of each sending. */
export class LedgerAnchor0000000000014 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ANCHORS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A row is one sending, written before it leaves. The number lets one of two processes through that both want to send next.
// Moves: no outcome is pending; the one outcome that a sending can have is final or lost; what was lost is sent again as the
// next number.
const ANCHORS = `
create table ledger.anchor (
  chain_id bigint not null check (chain_id > 0),
  contract bytea not null check (octet_length(contract) = 20),
  number bigint not null check (number >= 0),
  height bigint not null references ledger.publication (height),
  size bigint not null check (size > 0),
  root bytea not null check (octet_length(root) = 32),
  checkpoint_hash bytea not null check (octet_length(checkpoint_hash) = 32),
  transaction bytea not null check (octet_length(transaction) = 32),
  after_block bigint not null check (after_block >= 0),
  sent_at timestamptz not null,
  primary key (chain_id, contract, number)
);
call platform.make_append_only('ledger.anchor');
grant select on ledger.anchor to aceso_api, aceso_worker;
grant select, insert on ledger.anchor to aceso_sequencer;

create table ledger.anchor_outcome (
  chain_id bigint not null,
  contract bytea not null,
  number bigint not null,
  outcome text not null check (outcome in ('final', 'lost')),
  transaction bytea check (octet_length(transaction) = 32),
  block_number bigint check (block_number >= 0),
  block_hash bytea check (octet_length(block_hash) = 32),
  decided_at timestamptz not null default clock_timestamp(),
  primary key (chain_id, contract, number),
  foreign key (chain_id, contract, number) references ledger.anchor (chain_id, contract, number),
  check (num_nonnulls(transaction, block_number, block_hash) = case outcome when 'final' then 3 else 0 end)
);
call platform.make_append_only('ledger.anchor_outcome');
grant select on ledger.anchor_outcome to aceso_api, aceso_worker;
grant select, insert on ledger.anchor_outcome to aceso_sequencer;
`;
