import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The transparency log: what waits for it, the log itself, and the openings that can be erased without touching it. */
export class Ledger0000000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SUBJECT_KEYS);
    await runner.query(PENDING);
    await runner.query(LOG);
    await runner.query(CHECKPOINTS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Erasing a subject's key makes its openings unreadable and its tags unlinkable. The nil UUID is the instance itself.
const SUBJECT_KEYS = `
create schema ledger;
grant usage on schema ledger to aceso_api, aceso_worker, aceso_sequencer, aceso_vault;

create table ledger.subject_key (
  subject_id uuid primary key,
  wrapped bytea not null,
  epoch integer not null check (epoch >= 1),
  created_at timestamptz not null default clock_timestamp()
);
grant select, insert on ledger.subject_key to aceso_api, aceso_worker, aceso_vault;
`;

// Callers append here inside their own transaction and never wait. The row carries its sealed opening along, so that a
// caller needs no right on the log; only the sequencer reads and empties the table.
const PENDING = `
create table ledger.pending (
  seq bigint generated always as identity primary key,
  id uuid not null,
  entry bytea not null check (octet_length(entry) = 82),
  subject_id uuid not null,
  sealed bytea not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
grant insert on ledger.pending to aceso_api, aceso_worker, aceso_vault, aceso_sequencer;
grant select, delete on ledger.pending to aceso_sequencer;
`;

// transparency-log.md 12.1 (entries), tlog-tiles (hashes: every eighth level, here in runs that only ever grow a tile).
const LOG = `
create table ledger.entry (
  index bigint primary key check (index >= 0),
  id uuid unique,
  bytes bytea not null check (octet_length(bytes) between 1 and 65535)
);
call platform.make_append_only('ledger.entry');
grant select on ledger.entry to aceso_api, aceso_worker;
grant select, insert on ledger.entry to aceso_sequencer;

create table ledger.tile_run (
  level smallint not null check (level between 0 and 7),
  tile bigint not null check (tile >= 0),
  start smallint not null check (start between 0 and 255),
  hashes bytea not null check (octet_length(hashes) % 32 = 0 and octet_length(hashes) / 32 between 1 and 256 - start),
  primary key (level, tile, start)
);
-- Hashes do not compress.
alter table ledger.tile_run alter column hashes set storage external;
call platform.make_append_only('ledger.tile_run');
grant select on ledger.tile_run to aceso_api, aceso_worker;
grant select, insert on ledger.tile_run to aceso_sequencer;

-- Erasable: the log keeps its commitments, nobody can open them any more.
create table ledger.opening (
  index bigint primary key,
  subject_id uuid not null,
  sealed bytea not null
);
create index opening_subject on ledger.opening (subject_id);
grant select on ledger.opening to aceso_api, aceso_worker;
grant insert on ledger.opening to aceso_sequencer;

-- An opening names its subject: the api sees those of the acting party, and 0004 adds its person's.
alter table ledger.opening enable row level security, force row level security;
create policy own on ledger.opening for select to aceso_api
  using (subject_id = nullif(current_setting('aceso.party', true), '')::uuid);
create policy work on ledger.opening for select to aceso_worker using (true);
create policy integrate on ledger.opening for insert to aceso_sequencer with check (true);
`;

// One row a block; unique heights and sizes let no second history in, whoever tries to write one.
const CHECKPOINTS = `
create table ledger.block (
  height bigint primary key check (height >= 0),
  first bigint not null unique check (first >= 0),
  size bigint not null unique check (size > first),
  root bytea not null check (octet_length(root) = 32),
  text text not null check (text like E'%\\n'),
  written_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('ledger.block');
grant select on ledger.block to aceso_api, aceso_worker;
grant select, insert on ledger.block to aceso_sequencer;

create table ledger.block_signature (
  height bigint primary key references ledger.block (height),
  key_id text not null check (key_id ~ '^[0-9a-f]{8}$'),
  signature bytea not null check (octet_length(signature) = 64),
  signed_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('ledger.block_signature');
grant select on ledger.block_signature to aceso_api, aceso_worker;
grant select, insert on ledger.block_signature to aceso_sequencer;

create table ledger.publication (
  height bigint primary key references ledger.block_signature (height),
  note text not null,
  published_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('ledger.publication');
grant select on ledger.publication to aceso_api, aceso_worker;
grant select, insert on ledger.publication to aceso_sequencer;
`;
