import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BACKGROUND_COUNTS } from './0049-background-counts';

/** Cohorts with a name, who may read them, and counts that go on in the background (ADR 40). */
export class SavedCohorts0000000000049 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SAVED);
    await runner.query(LIMITS);
    await runner.query(READERS);
    await runner.query(BACKGROUND_COUNTS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A cohort that a request made for itself has versions and no row here. Which is which is settled with the first version.
const SAVED = `
create policy owner on cohort.cohort to current_user using (true) with check (true);

create table cohort.saved_cohort (
  id uuid primary key,
  first_version integer not null generated always as (1) stored,
  owner_id uuid not null references identity.party (id),
  name text not null check (length(name) between 1 and 100 and name = btrim(name) and name !~ '[[:cntrl:]]'),
  shared boolean not null default false,
  forked_from_id uuid,
  forked_from_version integer,
  saved_at timestamptz not null default clock_timestamp(),
  archived_at timestamptz,
  foreign key (id, first_version) references cohort.cohort (id, version) deferrable initially deferred,
  foreign key (forked_from_id, forked_from_version) references cohort.cohort (id, version),
  check ((forked_from_id is null) = (forked_from_version is null)),
  check (archived_at is null or not shared)
);
create unique index saved_cohort_name on cohort.saved_cohort (owner_id, name) where archived_at is null;
create index saved_cohort_owner on cohort.saved_cohort (owner_id, saved_at, id);
`;

// 200 beside archived ones as COHORTS_MAX, 2,000 with them as COHORTS_EVER_MAX, 100 versions as COHORT_VERSIONS_MAX.
const LIMITS = `
create function cohort.check_saved_cohort() returns trigger language plpgsql volatile security definer set search_path = '' as $$
declare
  kept integer;
  ever integer;
begin
  perform pg_advisory_xact_lock(hashtextextended('saved-cohorts/' || new.owner_id, 0));
  if tg_op = 'INSERT' and exists (select from cohort.cohort c where c.id = new.id) then
    raise exception 'a cohort that a request made has no name'
      using errcode = 'check_violation', constraint = 'saved_cohort_new';
  end if;
  select count(*) filter (where s.archived_at is null), count(*) into kept, ever
    from cohort.saved_cohort s where s.owner_id = new.owner_id and s.id <> new.id;
  if kept >= 200 or tg_op = 'INSERT' and ever >= 2000 then
    raise exception 'a party has as many saved cohorts as it may have'
      using errcode = 'check_violation', constraint = 'saved_cohorts_kept';
  end if;
  return new;
end $$;
create trigger saved_cohort_new before insert on cohort.saved_cohort
  for each row execute function cohort.check_saved_cohort();
create trigger saved_cohort_again before update of archived_at on cohort.saved_cohort
  for each row when (old.archived_at is not null and new.archived_at is null)
  execute function cohort.check_saved_cohort();

-- With the rights of whoever forks: what it may not read is not there.
create function cohort.check_fork() returns trigger language plpgsql stable set search_path = '' as $$
begin
  if not exists (
    select from cohort.cohort c where c.id = new.forked_from_id and c.version = new.forked_from_version
  ) then
    raise exception 'whoever forks a cohort may read it'
      using errcode = 'check_violation', constraint = 'saved_cohort_fork';
  end if;
  return new;
end $$;
create trigger saved_cohort_fork before insert on cohort.saved_cohort
  for each row when (new.forked_from_id is not null) execute function cohort.check_fork();

create function cohort.check_version() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from cohort.cohort c where c.id = new.id and c.owner_id <> new.owner_id)
    or exists (select from cohort.saved_cohort s where s.id = new.id and s.owner_id <> new.owner_id)
  then
    raise exception 'a cohort has one owner' using errcode = 'check_violation', constraint = 'cohort_owner';
  end if;
  if exists (select from cohort.saved_cohort s where s.id = new.id and s.archived_at is not null) then
    raise exception 'an archived cohort has no further versions'
      using errcode = 'check_violation', constraint = 'cohort_not_archived';
  end if;
  if new.version > 100 and exists (select from cohort.saved_cohort s where s.id = new.id) then
    raise exception 'a saved cohort has as many versions as it may have'
      using errcode = 'check_violation', constraint = 'cohort_versions_kept';
  end if;
  return new;
end $$;
create trigger cohort_version before insert on cohort.cohort
  for each row execute function cohort.check_version();
revoke execute on function cohort.check_saved_cohort(), cohort.check_fork(), cohort.check_version() from public;
`;

const IS_RESEARCHER = `exists (
  select from identity.party p where p.id = platform.acting_party() and p.role = 'researcher'
)`;

// Its owner reads a saved cohort, and where it is shared the research centers that belong together with the owner now. Whoever reads the row
// reads its versions.
const READERS = `
alter table cohort.saved_cohort enable row level security, force row level security;
create policy owner on cohort.saved_cohort to current_user using (true) with check (true);
create policy seen on cohort.saved_cohort for select to aceso_api using (
  owner_id = platform.acting_party()
  or shared and ${IS_RESEARCHER} and owner_id in (select identity.affiliates(platform.acting_party()))
);
create policy saved on cohort.saved_cohort for insert to aceso_api
  with check (owner_id = platform.acting_party() and ${IS_RESEARCHER});
create policy changed on cohort.saved_cohort for update to aceso_api
  using (owner_id = platform.acting_party()) with check (owner_id = platform.acting_party());
create policy saved on cohort.cohort for select to aceso_api
  using (exists (select from cohort.saved_cohort s where s.id = cohort.id));

grant select, insert (id, owner_id, name, forked_from_id, forked_from_version), update (name, shared, archived_at)
  on cohort.saved_cohort to aceso_api;
`;
