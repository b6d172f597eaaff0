import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Source records and their sealed segments, uploads and ingests, quarantine, matching; and the fact index beside them. */
export class Register0000000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(KEYS);
    await runner.query(RECORDS);
    await runner.query(INGESTS);
    await runner.query(QUARANTINE);
    await runner.query(MATCHING);
    await runner.query(FACTS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Keys of the register that belong to no source record, each wrapped by the master key of an epoch.
const KEYS = `
create schema register;
grant usage on schema register to aceso_api, aceso_worker, aceso_index;

create table register.held_key (
  id uuid primary key,
  purpose text not null check (purpose in ('identifier', 'provider')),
  owner_id uuid references identity.party (id),
  version integer not null check (version >= 1),
  key_wrapped bytea not null,
  key_epoch integer not null check (key_epoch >= 1),
  created_at timestamptz not null,
  unique nulls not distinct (purpose, owner_id, version),
  check ((purpose = 'provider') = (owner_id is not null))
);
grant select, insert on register.held_key to aceso_api, aceso_worker, aceso_index;
-- A process that indexes opens the key of the display table.
grant insert on platform.key_unwrap to aceso_index;
`;

// A source record is the unit of storage, encryption, chaining and erasure. Its patient's local id stands nowhere in
// clear. Segments are compressed and encrypted: TOAST compression would only cost time.
const RECORDS = `
create table register.source_record (
  id uuid primary key,
  provider_id uuid not null references identity.party (id),
  kind text not null check (kind in ('patient', 'directory')),
  local_id_hash bytea not null check (octet_length(local_id_hash) = 32),
  hash_version integer not null check (hash_version >= 1),
  key_version integer not null default 1 check (key_version >= 1),
  key_wrapped bytea not null,
  key_epoch integer not null check (key_epoch >= 1),
  head_sequence integer not null default 0 check (head_sequence >= 0),
  head_digest bytea check (octet_length(head_digest) = 32),
  created_at timestamptz not null,
  unique (provider_id, local_id_hash),
  check ((head_sequence = 0) = (head_digest is null))
);
create unique index source_record_directory on register.source_record (provider_id) where kind = 'directory';
grant select, insert, update (head_sequence, head_digest) on register.source_record to aceso_worker;
grant select (id, provider_id, kind, local_id_hash, hash_version, head_sequence, head_digest, created_at)
  on register.source_record to aceso_api;
grant select (id, provider_id, kind, head_sequence, head_digest) on register.source_record to aceso_index;

create table register.segment (
  source_record_id uuid not null references register.source_record (id),
  sequence integer not null check (sequence >= 1),
  digest bytea not null check (octet_length(digest) = 32),
  previous_digest bytea check (octet_length(previous_digest) = 32),
  header bytea not null check (octet_length(header) <= 4096),
  sealed bytea not null check (octet_length(sealed) <= 9437184),
  key_wrapped bytea not null,
  versions bytea not null check (octet_length(versions) > 0 and octet_length(versions) % 32 = 0),
  ingest_id uuid not null,
  ledger_entry_id uuid not null,
  primary key (source_record_id, sequence),
  check ((sequence = 1) = (previous_digest is null))
);
create index segment_ingest on register.segment (ingest_id);
alter table register.segment alter column sealed set storage external, alter column versions set storage external;
call platform.make_append_only('register.segment');
grant select, insert on register.segment to aceso_worker;
`;

// A provider sees its own uploads and ingests; the worker runs everybody's.
const INGESTS = `
create table register.upload (
  id uuid primary key,
  provider_id uuid not null references identity.party (id),
  state text not null check (state in ('open', 'received', 'removed')),
  declared_bytes bigint check (declared_bytes > 0),
  opened_at timestamptz not null,
  received_at timestamptz,
  expires_at timestamptz not null check (expires_at > opened_at),
  check ((state = 'open') = (received_at is null) or state = 'removed')
);
create index upload_expiry on register.upload (expires_at) where state <> 'removed';
create index upload_open on register.upload (provider_id) where state = 'open';

create table register.ingest (
  id uuid primary key,
  number bigint generated always as identity,
  provider_id uuid not null references identity.party (id),
  upload_id uuid not null unique references register.upload (id),
  state text not null check (state in ('accepted', 'running', 'finished', 'failed')),
  attempt integer not null default 0 check (attempt >= 0),
  totals jsonb,
  recovered integer not null default 0 check (recovered >= 0),
  reason text check (reason ~ '^[A-Z_]+$'),
  accepted_at timestamptz not null,
  finished_at timestamptz,
  check ((state in ('finished', 'failed')) = (finished_at is not null)),
  check (totals is not null or state <> 'finished'),
  check (totals is null or state in ('finished', 'failed')),
  check ((state = 'failed') = (reason is not null))
);
create index ingest_unfinished on register.ingest (provider_id, number) where state in ('accepted', 'running');
create index ingest_provider on register.ingest (provider_id, number);

alter table register.upload enable row level security, force row level security;
alter table register.ingest enable row level security, force row level security;
create policy own on register.upload to aceso_api
  using (provider_id = nullif(current_setting('aceso.party', true), '')::uuid)
  with check (provider_id = nullif(current_setting('aceso.party', true), '')::uuid);
create policy own on register.ingest to aceso_api
  using (provider_id = nullif(current_setting('aceso.party', true), '')::uuid)
  with check (provider_id = nullif(current_setting('aceso.party', true), '')::uuid);
create policy work on register.upload to aceso_worker using (true) with check (true);
create policy work on register.ingest to aceso_worker using (true) with check (true);
grant select, insert, update (state, received_at, expires_at) on register.upload to aceso_api;
grant select, insert on register.ingest to aceso_api;
grant select, update (state) on register.upload to aceso_worker;
grant select, update (state, attempt, totals, recovered, reason, finished_at) on register.ingest to aceso_worker;
`;

// What parses and cannot be placed yet, sealed under the provider's key; it expires. \`rest\` is the worst verdict of the
// line's other resources, so that the line's verdict can be told once its waiting ones are placed.
const QUARANTINE = `
create table register.quarantine (
  ingest_id uuid not null references register.ingest (id),
  line integer not null check (line >= 1),
  entry integer not null check (entry >= 0),
  provider_id uuid not null references identity.party (id),
  code text not null check (code ~ '^[A-Z_]+$'),
  path text,
  waiting_for bytea check (octet_length(waiting_for) = 32),
  rest smallint not null check (rest between 0 and 3),
  sealed bytea,
  became smallint check (became between 0 and 3),
  expires_at timestamptz not null,
  primary key (ingest_id, line, entry),
  check ((sealed is null) = (became is not null))
);
create index quarantine_waiting on register.quarantine (provider_id, waiting_for) where became is null;
create index quarantine_expiry on register.quarantine (expires_at);
alter table register.quarantine alter column sealed set storage external;
grant select, insert, update (sealed, became), delete on register.quarantine to aceso_worker;
`;

// Identifiers as keyed hashes with the version of their key; links are reversible and never merge records.
const MATCHING = `
create table register.identifier_hash (
  source_record_id uuid not null references register.source_record (id),
  strength text not null check (strength in ('strong', 'weak', 'birth-date')),
  hash bytea not null check (octet_length(hash) = 32),
  key_version integer not null check (key_version >= 1),
  primary key (source_record_id, hash)
);
create index identifier_hash_value on register.identifier_hash (hash);
grant select, insert on register.identifier_hash to aceso_worker;

create table register.link (
  id uuid primary key,
  first_source_record_id uuid not null references register.source_record (id),
  second_source_record_id uuid not null references register.source_record (id),
  state text not null check (state in ('proposed', 'linked')),
  evidence jsonb not null,
  found_at timestamptz not null,
  unique (first_source_record_id, second_source_record_id),
  check (first_source_record_id < second_source_record_id)
);
create index link_second on register.link (second_source_record_id);
grant select, insert, update (state, evidence) on register.link to aceso_worker;
grant select on register.link to aceso_api;

-- A match tells that another provider holds something, and on whom: a person sees a link between records of its own.
alter table register.link enable row level security, force row level security;
create policy own on register.link for select to aceso_api using (2 = (
  select count(*) from identity.binding join identity.patient using (person_id)
   where patient.party_id = nullif(current_setting('aceso.party', true), '')::uuid and binding.ended_at is null
     and binding.source_record_id in (first_source_record_id, second_source_record_id)));
create policy work on register.link to aceso_worker using (true) with check (true);

-- The only way from a person to the index: erasing this row makes the facts nobody's.
create table register.person_index (
  person_id uuid primary key references identity.patient (person_id),
  index_no bigint not null unique check (index_no > 0)
);
grant select, insert, delete on register.person_index to aceso_index;
grant select on register.person_index to aceso_worker, aceso_api;
`;

// Derived, rebuildable, without names: keyed by a random number. A text of a provider is kept only once enough persons
// carry it; until then there is nothing but a keyed hash that is counted.
const FACTS = `
create schema facts;
grant usage on schema facts to aceso_api, aceso_worker, aceso_index;

create table facts.person (
  index_no bigint primary key check (index_no > 0),
  birth_month text check (birth_month ~ '^[0-9]{4}(-[0-9]{2})?$'),
  sex text not null check (sex in ('female', 'male', 'other', 'unknown')),
  zip3 text check (zip3 ~ '^[0-9]{3}$'),
  state text check (state ~ '^[A-Z]{2}$'),
  race text check (length(race) <= 16),
  ethnicity text check (length(ethnicity) <= 16),
  deceased boolean not null
);

create table facts.fact (
  index_no bigint not null references facts.person (index_no),
  kind text not null check (kind in ('allergy', 'careplan', 'condition', 'encounter', 'immunization', 'medication',
                                     'observation', 'procedure', 'report')),
  system text not null check (length(system) <= 200),
  code text not null check (length(code) <= 64),
  start_date date,
  end_date date,
  value double precision,
  unit text check (length(unit) <= 64),
  encounter integer,
  superseded boolean not null default false
);
create index fact_person on facts.fact (index_no);
create index fact_code on facts.fact (kind, code, index_no) include (value, unit, start_date);

create table facts.display_vote (
  index_no bigint not null references facts.person (index_no),
  system text not null,
  code text not null,
  text_hash bytea not null check (octet_length(text_hash) = 16),
  primary key (index_no, system, code, text_hash)
);
create table facts.display_text (
  system text not null,
  code text not null,
  text_hash bytea not null check (octet_length(text_hash) = 16),
  persons integer not null check (persons >= 0),
  text text check (length(text) <= 200),
  primary key (system, code, text_hash),
  check (text is null or persons >= 11)
);
create view facts.display as
  select distinct on (system, code) system, code, text, persons
  from facts.display_text where text is not null
  order by system, code, persons desc, text;

grant select, insert, update, delete on facts.person, facts.fact, facts.display_vote, facts.display_text to aceso_index;
grant select on facts.person, facts.fact to aceso_worker;
-- Counting reads what criteria name and nothing else; it is role index, which no api process holds, that writes.
grant select (index_no, birth_month, sex, deceased) on facts.person to aceso_api;
grant select (index_no, kind, system, code, value, unit, superseded) on facts.fact to aceso_api;
grant select on facts.display to aceso_index, aceso_worker, aceso_api;
`;
