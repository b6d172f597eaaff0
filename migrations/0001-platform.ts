import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Database roles, the rule for append-only tables, outbox, idempotency keys and the record of key unwraps.
 * Roles belong to the whole server: a second database on it finds them there.
 */
export class Platform0000000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ROLES);
    await runner.query(APPEND_ONLY);
    await runner.query(OUTBOX);
    await runner.query(IDEMPOTENCY);
    await runner.query(KEY_UNWRAP);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A role without a password cannot log in: the launcher sets passwords, a migration knows no secret.
const ROLES = `
do $$
declare name text;
begin
  foreach name in array array['aceso_api', 'aceso_worker', 'aceso_sequencer', 'aceso_vault', 'aceso_index'] loop
    begin
      execute format('create role %I login nosuperuser nobypassrls nocreatedb nocreaterole noinherit', name);
    exception when duplicate_object or unique_violation then null;
    end;
    execute format('grant connect on database %I to %I', current_database(), name);
  end loop;
  execute format('revoke all on database %I from public', current_database());
end $$;
revoke all on schema public from public;
grant usage on schema platform to aceso_api, aceso_worker, aceso_sequencer, aceso_vault, aceso_index;
`;

// Triggers stop every role, the owner too, until he drops the trigger; grants stop the program's roles.
const APPEND_ONLY = `
create function platform.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end $$;

create procedure platform.make_append_only(target regclass) language plpgsql as $$
begin
  execute format('create trigger append_only_rows before update or delete on %s
    for each row execute function platform.refuse_change()', target);
  execute format('create trigger append_only_truncate before truncate on %s
    for each statement execute function platform.refuse_change()', target);
end $$;
revoke execute on procedure platform.make_append_only(regclass) from public;
`;

// Written in the acting transaction, sent by the relay in the worker; payloads hold ids only.
const OUTBOX = `
create table platform.outbox (
  id uuid primary key default gen_random_uuid(),
  topic text not null check (topic ~ '^[a-z]+[.][a-z-]+$'),
  payload jsonb not null check (jsonb_typeof(payload) = 'object' and octet_length(payload::text) <= 8192),
  created_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz
);
create index outbox_unsent on platform.outbox (created_at, id) where sent_at is null;
create index outbox_sent on platform.outbox (sent_at) where sent_at is not null;
grant insert on platform.outbox to aceso_api, aceso_worker, aceso_sequencer, aceso_vault, aceso_index;
grant select, update, delete on platform.outbox to aceso_worker;
`;

// The answer of an operation under the key that its caller chose: a repeated call gets the same answer.
const IDEMPOTENCY = `
create table platform.idempotency (
  actor_id uuid not null,
  operation text not null,
  key text not null check (length(key) between 1 and 255),
  request_hash bytea not null check (octet_length(request_hash) = 32),
  outcome jsonb,
  created_at timestamptz not null default clock_timestamp(),
  primary key (actor_id, operation, key)
);
create index idempotency_created on platform.idempotency (created_at);
grant select, insert, update on platform.idempotency to aceso_api;
grant select, delete on platform.idempotency to aceso_worker;
`;

// One row a key that was opened, with the access event that is the reason. Rows name a key's owner, never an order.
const KEY_UNWRAP = `
create table platform.key_unwrap (
  id bigint generated always as identity primary key,
  key_owner uuid not null,
  epoch integer not null check (epoch >= 1),
  access_event_id uuid not null,
  database_role name not null default current_user,
  unwrapped_at timestamptz not null default clock_timestamp()
);
create index key_unwrap_event on platform.key_unwrap (access_event_id);
call platform.make_append_only('platform.key_unwrap');
grant insert on platform.key_unwrap to aceso_api, aceso_worker, aceso_vault;
`;
