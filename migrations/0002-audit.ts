import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who did what to what: access events, and the rule that no key is opened without one. */
export class Audit0000000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ACCESS_EVENTS);
    await runner.query(UNWRAPS_HAVE_A_REASON);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A row that names a person names no order: what joins the two stands in the sealed opening of the ledger entry.
const ACCESS_EVENTS = `
create schema audit;
grant usage on schema audit to aceso_api, aceso_worker, aceso_sequencer, aceso_vault;

create table audit.access_event (
  seq bigint generated always as identity primary key,
  id uuid not null unique,
  act text not null check (act ~ '^[a-z][a-z0-9.-]{1,79}$'),
  actor_id uuid,
  subject_id uuid,
  object_type text check (object_type ~ '^[a-z][a-z-]{1,39}$'),
  object_id uuid,
  outcome text not null check (outcome in ('permitted', 'refused')),
  reason text check (reason ~ '^[A-Z][A-Z0-9_]{1,59}$'),
  detail jsonb check (jsonb_typeof(detail) = 'object' and octet_length(detail::text) <= 8192),
  ledger_entry_id uuid,
  database_role name not null default current_user,
  occurred_at timestamptz not null default clock_timestamp(),
  check ((object_type is null) = (object_id is null)),
  check (subject_id is null or (object_type is distinct from 'order' and detail is null))
);
create index access_event_subject on audit.access_event (subject_id, seq desc) where subject_id is not null;
create index access_event_object on audit.access_event (object_id, seq desc) where object_id is not null;
call platform.make_append_only('audit.access_event');
grant insert on audit.access_event to aceso_api, aceso_worker, aceso_sequencer, aceso_vault;
grant select on audit.access_event to aceso_api;

-- Whoever acts writes. A subject and a time tell who is in which order: a party reads what it did and what concerns it,
-- and 0004 adds its person and source records.
alter table audit.access_event enable row level security, force row level security;
create policy write on audit.access_event for insert
  to aceso_api, aceso_worker, aceso_sequencer, aceso_vault with check (true);
create policy own on audit.access_event for select to aceso_api
  using (actor_id = nullif(current_setting('aceso.party', true), '')::uuid
    or subject_id = nullif(current_setting('aceso.party', true), '')::uuid);
`;

// Checked at commit, so that an event and the unwraps it explains may come in any order inside one transaction.
const UNWRAPS_HAVE_A_REASON = `
alter table platform.key_unwrap add constraint key_unwrap_reason
  foreign key (access_event_id) references audit.access_event (id) deferrable initially deferred;
`;
