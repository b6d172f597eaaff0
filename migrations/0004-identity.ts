import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Parties and their keys, statements as signed, gates, bindings and links; and the vault, which one role alone opens. */
export class Identity0000000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PARTIES);
    await runner.query(STATEMENTS);
    await runner.query(INVITATIONS);
    await runner.query(BINDINGS);
    await runner.query(WHAT_CONCERNS_A_PERSON);
    await runner.query(VAULT);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A party has one key now; party_key takes several devices and rotation later. `did` is the key it is known by.
const PARTIES = `
create schema identity;
grant usage on schema identity to aceso_api, aceso_worker, aceso_index;

create table identity.party (
  id uuid primary key,
  did text not null unique check (did like 'did:key:z6Mk%' and length(did) <= 80),
  role text not null check (role in ('patient', 'researcher', 'provider', 'officer')),
  status text not null default 'active' check (status in ('active', 'suspended')),
  registered_at timestamptz not null
);
create table identity.party_key (
  did text primary key check (did like 'did:key:z6Mk%' and length(did) <= 80),
  party_id uuid not null references identity.party (id),
  added_at timestamptz not null,
  revoked_at timestamptz check (revoked_at >= added_at)
);
create index party_key_party on identity.party_key (party_id);

create table identity.patient (
  party_id uuid primary key references identity.party (id),
  person_id uuid not null unique
);

-- One row a person; every narrowing act raises the version (privacy-and-keys 5).
create table identity.patient_gate (
  person_id uuid primary key references identity.patient (person_id),
  version integer not null default 1 check (version >= 1),
  narrowed_by text check (narrowed_by in ('revocation', 'terms', 'key-revoked', 'unlink', 'erasure', 'freeze',
                                          'authority-ended', 'majority')),
  narrowed_at timestamptz,
  check ((version = 1) = (narrowed_by is null) and (narrowed_by is null) = (narrowed_at is null))
);

grant select, insert on identity.party, identity.party_key, identity.patient, identity.patient_gate to aceso_api;
grant select on identity.party, identity.party_key, identity.patient, identity.patient_gate to aceso_worker;
-- Locking a row asks for the right to change it.
grant update (version, narrowed_by, narrowed_at) on identity.patient_gate to aceso_api, aceso_worker;

-- A version that falls back would let a release pass that a narrowing act has stopped.
create function identity.raise_gate() returns trigger language plpgsql as $$
begin
  if new.person_id <> old.person_id or new.version <= old.version then
    raise exception 'the version of a gate only rises' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger gate_rises before update on identity.patient_gate
  for each row execute function identity.raise_gate();
`;

// A party sees its own statements only; the worker, which verifies them at the gate, sees all.
const STATEMENTS = `
create table identity.statement_chain (
  party_id uuid primary key references identity.party (id),
  sequence integer not null default 0 check (sequence >= 0),
  digest bytea check (octet_length(digest) = 32),
  check ((sequence = 0) = (digest is null))
);
grant select, insert, update (sequence, digest) on identity.statement_chain to aceso_api;

-- A chain that steps back or skips would hide a statement that was dropped, or revive an old one.
create function identity.extend_chain() returns trigger language plpgsql as $$
begin
  if new.party_id <> old.party_id or new.sequence <> old.sequence + 1 or new.digest is not distinct from old.digest then
    raise exception 'a chain of statements grows by one new statement' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger chain_grows before update on identity.statement_chain
  for each row execute function identity.extend_chain();

create table identity.statement (
  digest bytea primary key check (octet_length(digest) = 32),
  party_id uuid not null references identity.party (id),
  did text not null references identity.party_key (did),
  jti uuid not null,
  typ text not null check (typ like 'aceso/%'),
  sequence integer check (sequence >= 1),
  previous bytea check (octet_length(previous) = 32),
  text text not null check (octet_length(text) <= 65536),
  accepted_at timestamptz not null,
  unique (party_id, jti),
  unique (party_id, sequence),
  check (previous is null or sequence > 1)
);
call platform.make_append_only('identity.statement');
alter table identity.statement enable row level security, force row level security;
create policy own on identity.statement to aceso_api
  using (party_id = nullif(current_setting('aceso.party', true), '')::uuid)
  with check (party_id = nullif(current_setting('aceso.party', true), '')::uuid);
create policy gate on identity.statement for select to aceso_worker using (true);
grant select, insert on identity.statement to aceso_api;
grant select on identity.statement to aceso_worker;
`;

const INVITATIONS = `
create table identity.invitation (
  code_hash bytea primary key check (octet_length(code_hash) = 32),
  role text not null check (role in ('researcher', 'provider', 'officer')),
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  used_by uuid references identity.party (id),
  used_at timestamptz,
  check ((used_by is null) = (used_at is null))
);
grant select, insert, update (used_by, used_at) on identity.invitation to aceso_api;
`;

// Source records belong to a later context: their ids stand here without a foreign key.
const BINDINGS = `
create table identity.attestation (
  statement_digest bytea primary key references identity.statement (digest),
  provider_id uuid not null references identity.party (id),
  source_record_id uuid not null,
  code_hash bytea not null check (octet_length(code_hash) = 32),
  evidence text not null check (evidence in ('in-person', 'document', 'online')),
  expires_at timestamptz not null,
  attested_at timestamptz not null
);
create index attestation_source_record on identity.attestation (source_record_id);
call platform.make_append_only('identity.attestation');

-- Wrong codes are counted apart from the attestation, which never changes; the row is also the lock of its use.
create table identity.code_attempt (
  attestation_digest bytea primary key references identity.attestation (statement_digest),
  wrong integer not null default 0 check (wrong >= 0)
);

create table identity.binding (
  statement_digest bytea primary key references identity.statement (digest),
  source_record_id uuid not null,
  person_id uuid not null references identity.patient (person_id),
  provider_id uuid not null references identity.party (id),
  attestation_digest bytea not null unique references identity.attestation (statement_digest),
  evidence text not null check (evidence in ('in-person', 'document', 'online')),
  bound_at timestamptz not null,
  ended_at timestamptz check (ended_at >= bound_at)
);
create unique index binding_active on identity.binding (source_record_id) where ended_at is null;
create index binding_person on identity.binding (person_id) where ended_at is null;

create table identity.link_confirmation (
  statement_digest bytea primary key references identity.statement (digest),
  person_id uuid not null references identity.patient (person_id),
  first_source_record_id uuid not null,
  second_source_record_id uuid not null check (second_source_record_id > first_source_record_id),
  confirmed_at timestamptz not null,
  unique (person_id, first_source_record_id, second_source_record_id)
);
call platform.make_append_only('identity.link_confirmation');

grant select, insert on identity.attestation, identity.binding, identity.link_confirmation to aceso_api;
grant select, insert, update (wrong) on identity.code_attempt to aceso_api;
grant select on identity.attestation, identity.binding, identity.link_confirmation to aceso_worker;
grant select (source_record_id, person_id, provider_id, ended_at) on identity.binding to aceso_index;
`;

// Adds to the policies of 0002 and 0003 what only identity knows: the acting party's person and bound source records.
const WHAT_CONCERNS_A_PERSON = `
create policy own_person on audit.access_event for select to aceso_api using (subject_id in (
  select patient.person_id from identity.patient
   where patient.party_id = nullif(current_setting('aceso.party', true), '')::uuid
  union all
  select binding.source_record_id from identity.binding join identity.patient using (person_id)
   where patient.party_id = nullif(current_setting('aceso.party', true), '')::uuid and binding.ended_at is null));
create policy own_person on ledger.opening for select to aceso_api using (subject_id in (
  select patient.person_id from identity.patient
   where patient.party_id = nullif(current_setting('aceso.party', true), '')::uuid));
`;

// Role vault sees nothing else of ours, and no other role sees this: names cannot be joined to records in any query.
const VAULT = `
create schema vault;
grant usage on schema vault to aceso_vault;

create table vault.data_key (
  party_id uuid primary key references identity.party (id),
  wrapped bytea not null,
  epoch integer not null check (epoch >= 1),
  key_version integer not null default 1 check (key_version >= 1),
  created_at timestamptz not null
);
create table vault.contact (
  party_id uuid primary key references vault.data_key (party_id),
  sealed bytea not null check (octet_length(sealed) <= 8192),
  saved_at timestamptz not null
);
alter table vault.data_key enable row level security, force row level security;
alter table vault.contact enable row level security, force row level security;
create policy own on vault.data_key to aceso_vault
  using (party_id = nullif(current_setting('aceso.party', true), '')::uuid)
  with check (party_id = nullif(current_setting('aceso.party', true), '')::uuid);
create policy own on vault.contact to aceso_vault
  using (party_id = nullif(current_setting('aceso.party', true), '')::uuid)
  with check (party_id = nullif(current_setting('aceso.party', true), '')::uuid);
grant select, insert, update (wrapped, epoch) on vault.data_key to aceso_vault;
grant select, insert, update (sealed, saved_at) on vault.contact to aceso_vault;
`;
