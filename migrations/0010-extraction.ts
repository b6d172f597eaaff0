import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Attempts, shards, members, sale keys, packages, disclosures and fetches: everything that a job can be derived from. */
export class Extraction0000000000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create schema extraction');
    await runner.query('grant usage on schema extraction to aceso_api, aceso_worker');
    await runner.query(SALE_KEY);
    await runner.query(ATTEMPT);
    await runner.query(MEMBER);
    await runner.query(DATE_SHIFT);
    await runner.query(PACKAGE);
    await runner.query(FETCH);
    await runner.query(GATES);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// One key an order. Without it neither pseudonyms nor shifts can be computed again; it is destroyed when the permit ends.
const SALE_KEY = `
create table extraction.sale_key (
  id uuid primary key,
  order_id uuid not null unique references marketplace."order" (id),
  wrapped bytea,
  epoch integer not null check (epoch >= 1),
  created_at timestamptz not null default clock_timestamp(),
  destroy_on date,
  destroyed_at timestamptz,
  check ((wrapped is null) = (destroyed_at is not null))
);
create index sale_key_due on extraction.sale_key (destroy_on) where wrapped is not null;
grant select, insert, update on extraction.sale_key to aceso_worker;
`;

// fence: raised by whoever takes the attempt over; a commit with an older number affects no row and is refused.
const ATTEMPT = `
create table extraction.attempt (
  id uuid primary key,
  order_id uuid not null references marketplace."order" (id),
  edition integer not null check (edition >= 1),
  number integer not null check (number between 1 and 5),
  state text not null default 'emitting' check (state in ('emitting', 'released', 'abandoned')),
  fence bigint not null default 0,
  record_date date not null,
  generalisation jsonb not null,
  plan jsonb not null,
  plan_checkpoint text,
  flow_key text,
  flows smallint not null default 0 check (flows >= 0),
  reason text check (reason in ('GATE_MOVED', 'K_NOT_REACHED', 'WORK_FAILED')),
  started_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  unique (order_id, edition, number),
  check ((state = 'emitting') = (ended_at is null)),
  check ((state = 'abandoned') = (reason is not null))
);
create unique index attempt_open on extraction.attempt (order_id) where state = 'emitting';
grant select, insert, update on extraction.attempt to aceso_worker;

create table extraction.shard (
  attempt_id uuid not null references extraction.attempt (id),
  index integer not null check (index >= 0),
  state text not null default 'waiting' check (state in ('waiting', 'running', 'done')),
  fence bigint not null default 0,
  persons integer not null check (persons > 0),
  persons_done integer not null default 0 check (persons_done between 0 and persons),
  files jsonb,
  primary key (attempt_id, index),
  check ((state = 'done') = (files is not null))
);
grant select, insert, update on extraction.shard to aceso_worker;

-- Parts of the work, never persons: the exact number of persons stands in the package only.
create table extraction.progress (
  order_id uuid primary key references marketplace."order" (id),
  stage text not null check (stage in ('planning', 'extracting', 'measuring', 'releasing', 'packing', 'ready', 'refunded',
                                       'withdrawn')),
  done integer not null check (done between 0 and 100),
  updated_at timestamptz not null default clock_timestamp()
);
grant select, insert, update on extraction.progress to aceso_worker;
grant select on extraction.progress to aceso_api;
`;

// The only place where a person stands beside an order, besides the sealed participation; the api role cannot read it.
const MEMBER = `
create table extraction.member (
  attempt_id uuid not null references extraction.attempt (id),
  person_id uuid not null,
  shard_index integer not null,
  grant_digest text not null check (grant_digest ~ '^[0-9a-f]{64}$'),
  gate_version integer not null,
  provider_ids uuid[] not null check (cardinality(provider_ids) > 0),
  state text not null default 'planned' check (state in ('planned', 'emitted', 'released')),
  primary key (attempt_id, person_id),
  foreign key (attempt_id, shard_index) references extraction.shard (attempt_id, index)
);
create index member_person on extraction.member (person_id);
grant select, insert, update on extraction.member to aceso_worker;

-- Who left an order does not come back into it.
create table extraction.exclusion (
  order_id uuid not null references marketplace."order" (id),
  person_id uuid not null,
  reason text not null check (reason in ('GATE_MOVED', 'RECORD_UNREADABLE')),
  excluded_at timestamptz not null default clock_timestamp(),
  primary key (order_id, person_id)
);
call platform.make_append_only('extraction.exclusion');
grant select, insert on extraction.exclusion to aceso_worker;

-- What a person or a provider can show of its part in an order (pseudonym, place in the lists), sealed under a key of its
-- own: erasing the row erases it.
create table extraction.participation (
  attempt_id uuid not null references extraction.attempt (id),
  owner_kind text not null check (owner_kind in ('person', 'provider')),
  owner_id uuid not null,
  wrapped bytea not null,
  epoch integer not null check (epoch >= 1),
  sealed bytea not null,
  primary key (attempt_id, owner_kind, owner_id)
);
create index participation_owner on extraction.participation (owner_id);
grant select, insert, delete on extraction.participation to aceso_worker;
`;

// No two living permits move the dates of one person by the same number of days: rows go with the sale key of their order,
// in its transaction, and from then on another order may draw the same number. The number itself stands nowhere: `draw`
// says which draw under the sale key it is, `tag` is a keyed hash of person and days. Whoever has this table *and* the seed
// `shift` finds the number by trying all of them.
const DATE_SHIFT = `
create table extraction.date_shift (
  order_id uuid not null references marketplace."order" (id),
  person_id uuid not null,
  draw smallint not null check (draw >= 0),
  tag bytea not null unique check (octet_length(tag) = 16),
  primary key (order_id, person_id)
);
create index date_shift_person on extraction.date_shift (person_id);
grant select, insert, delete on extraction.date_shift to aceso_worker;
`;

// `served`: ranges of bytes of the encrypted file that were sent. Until they cover the file, every request asks the gates.
const PACKAGE = `
create table extraction.package (
  id uuid primary key,
  order_id uuid not null references marketplace."order" (id),
  edition integer not null check (edition >= 1),
  attempt_id uuid not null unique references extraction.attempt (id),
  state text not null default 'released' check (state in ('released', 'ready', 'renewing', 'superseded', 'withdrawn')),
  folder text not null,
  manifest_sha256 text not null check (manifest_sha256 ~ '^[0-9a-f]{64}$'),
  entry_id uuid not null,
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  bytes bigint check (bytes > 0),
  blob_key text,
  released_at timestamptz not null default clock_timestamp(),
  ready_at timestamptz,
  served int8multirange not null default '{}',
  first_fetched_at timestamptz,
  unique (order_id, edition),
  check (num_nulls(ready_at, sha256, bytes, blob_key) in (0, 4)),
  check ((state = 'released') = (ready_at is null)),
  check ((first_fetched_at is not null) = (served @> int8range(0, bytes)))
);
create unique index package_current on extraction.package (order_id) where state in ('released', 'ready', 'renewing');

-- The same moves as in libs/extraction/domain; a test compares the two. What was sent stays sent.
create function extraction.check_package() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'released' then
      raise exception 'a new package starts as released' using errcode = 'check_violation', constraint = 'package_move';
    end if;
  elsif new.state <> old.state and (old.state, new.state) not in (
    ('released', 'ready'), ('ready', 'renewing'), ('renewing', 'superseded'), ('renewing', 'withdrawn')
  ) then
    raise exception 'a package that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'package_move';
  elsif not new.served @> old.served
    or old.first_fetched_at is not null and new.first_fetched_at is distinct from old.first_fetched_at
  then
    raise exception 'what was sent of a package cannot be taken back'
      using errcode = 'check_violation', constraint = 'package_served';
  end if;
  return new;
end $$;
create trigger package_moves before insert or update on extraction.package
  for each row execute function extraction.check_package();
grant select, insert, update (state, sha256, bytes, blob_key, ready_at) on extraction.package to aceso_worker;
grant select, update (state, served, first_fetched_at) on extraction.package to aceso_api;

-- Keyed digests of what the persons of a package look like by values, sorted, without a name: a later order of the same
-- buyer is measured against them.
create table extraction.linkage_print (
  package_id uuid primary key references extraction.package (id),
  diagnoses bytea not null,
  codes bytea not null,
  intervals bytea not null,
  numbers bytea not null
);
call platform.make_append_only('extraction.linkage_print');
grant select, insert on extraction.linkage_print to aceso_worker;

-- Every byte that leaves has exactly one row here, written in the transaction that releases it.
create table extraction.disclosure (
  package_id uuid not null references extraction.package (id),
  file text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  bytes bigint not null check (bytes >= 0),
  rows bigint check (rows >= 0),
  entry_id uuid not null,
  primary key (package_id, file)
);
call platform.make_append_only('extraction.disclosure');
grant select, insert on extraction.disclosure to aceso_worker;
grant select on extraction.disclosure to aceso_api;
`;

const FETCH = `
create table extraction.fetch (
  id uuid primary key,
  package_id uuid not null references extraction.package (id),
  access_event_id uuid not null unique,
  entry_id uuid not null unique,
  range_start bigint not null check (range_start >= 0),
  range_end bigint not null check (range_end >= range_start),
  fetched_at timestamptz not null default clock_timestamp()
);
create index fetch_package on extraction.fetch (package_id);
call platform.make_append_only('extraction.fetch');
grant select, insert on extraction.fetch to aceso_api;
grant select on extraction.fetch to aceso_worker;
`;

// A gate moved when its version did, or when the grant of the release ran out since (a revocation raises the version). The
// api role learns whether one moved, not whose. Rows are locked in the fixed order of the release transaction, so a
// revocation comes either before a response or after its beginning.
const GATES = `
create policy package on consent.grant for select to current_user using (true);

create function extraction.moved_persons(released uuid) returns setof uuid
language sql security definer set search_path = '' as $$
  select m.person_id
    from extraction.member m
    left join identity.patient_gate g on g.person_id = m.person_id
    left join consent.grant c on c.digest = decode(m.grant_digest, 'hex')
   where m.attempt_id = released and m.state = 'released'
     and (g.version is distinct from m.gate_version or c.expires_at is null or c.expires_at <= clock_timestamp())
$$;
revoke execute on function extraction.moved_persons(uuid) from public;
grant execute on function extraction.moved_persons(uuid) to aceso_worker;

create function extraction.gates_unmoved(wanted uuid) returns boolean
language plpgsql security definer set search_path = '' as $$
declare attempt uuid := (select attempt_id from extraction.package p where p.id = wanted);
begin
  perform 1 from identity.patient_gate g
    where g.person_id in (select person_id from extraction.member where attempt_id = attempt and state = 'released')
    order by g.person_id for share of g;
  return not exists (select from extraction.moved_persons(attempt));
end $$;
revoke execute on function extraction.gates_unmoved(uuid) from public;
grant execute on function extraction.gates_unmoved(uuid) to aceso_api, aceso_worker;
`;
