import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the witnesses of the ledger cosigned, and what they hold against it. */
export class Witnesses0000000000012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COSIGNATURES);
    await runner.query(FORK_EVIDENCE);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// One row a block and witness. The field is what follows the key ID in a signature line: 8 bytes of time, and the
// signature, Ed25519 (64) or ML-DSA-44 (2420).
const COSIGNATURES = `
create table ledger.cosignature (
  height bigint not null references ledger.block_signature (height),
  witness text not null,
  key_id text not null check (key_id ~ '^[0-9a-f]{8}$'),
  signature bytea not null check (octet_length(signature) in (72, 2428)),
  received_at timestamptz not null default clock_timestamp(),
  primary key (height, witness, key_id)
);
create index cosignature_witness on ledger.cosignature (witness, key_id, height desc);
call platform.make_append_only('ledger.cosignature');
grant select on ledger.cosignature to aceso_api, aceso_worker;
grant select, insert on ledger.cosignature to aceso_sequencer;
`;

// With their_note it is a proof: both notes carry a signature of this log's key. Without it, it is a witness's word.
const FORK_EVIDENCE = `
create table ledger.fork_evidence (
  id bigint generated always as identity primary key,
  witness text not null,
  kind text not null check (kind in ('larger tree', 'other tree', 'refused proof')),
  own_size bigint not null check (own_size > 0),
  own_note text not null,
  their_size bigint check (their_size >= 0),
  their_note text,
  seen_at timestamptz not null default clock_timestamp(),
  check (their_note is null or their_size is not null)
);
-- A witness that says the same at every publication fills no table.
create unique index fork_evidence_word on ledger.fork_evidence (witness, kind) where their_note is null;
create unique index fork_evidence_proof on ledger.fork_evidence (witness, kind, their_size) where their_note is not null;
call platform.make_append_only('ledger.fork_evidence');
grant select on ledger.fork_evidence to aceso_api, aceso_worker;
grant select, insert on ledger.fork_evidence to aceso_sequencer;
`;
