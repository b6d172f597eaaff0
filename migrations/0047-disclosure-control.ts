import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Counts are one group's: its log, its budget, the sets of persons that it was shown, and its lock-outs (ADR 38). */
export class DisclosureControl0000000000047 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(NUMBERS);
    await runner.query(SETS);
    await runner.query(LOCKS);
    await runner.query(ADMISSION);
    await runner.query(FORGETTING);
    await runner.query(GRANTS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A person's number lives as long as its row here: a slot changes with the person's facts, the number does not. After an erasure it is
// nobody's, and it is never given again: what sets still hold of it says nothing.
const NUMBERS = `
alter table register.person_index add column number integer not null generated always as identity;
alter table register.person_index add constraint person_index_number unique (number);
alter table cohort.query add column numbers integer not null default 1 check (numbers between 1 and 200);
create policy owner on cohort.query to current_user using (true) with check (true);
`;

// A set is found by a keyed digest of its members, so that nobody who reads a digest can try sets on it. Answers of a day stand for
// everybody; what a party was shown is kept for thirty days.
const SETS = `
create table cohort.found_set (
  digest bytea primary key check (octet_length(digest) = 32),
  members bytea not null check (octet_length(members) between 2 and 16777216),
  found_at timestamptz not null default clock_timestamp()
);
alter table cohort.found_set alter column members set storage external;

delete from cohort.answer;
alter table cohort.answer add column set_digest bytea references cohort.found_set (digest);
alter table cohort.answer add constraint answer_has_set check ((approximate is null) = (set_digest is null));
create index answer_set on cohort.answer (set_digest) where set_digest is not null;

-- approximate is null where the number was not shown itself, but follows from others that were.
create table cohort.shown_set (
  id bigint primary key generated always as identity,
  party_id uuid not null references identity.party (id),
  criteria_hash bytea not null check (octet_length(criteria_hash) = 32),
  set_digest bytea not null references cohort.found_set (digest),
  approximate integer check (approximate >= 10 and approximate % 5 = 0),
  shown_at timestamptz not null default clock_timestamp()
);
create index shown_set_party on cohort.shown_set (party_id, shown_at);
create index shown_set_digest on cohort.shown_set (set_digest);
alter table cohort.shown_set enable row level security, force row level security;
create policy owner on cohort.shown_set to current_user using (true) with check (true);
create policy own on cohort.shown_set for insert to aceso_api with check (party_id = platform.acting_party());

-- What the acting party and its affiliates were shown before they came apart; 30 days as SETS_KEPT_DAYS.
create function cohort.group_sets()
returns table (id bigint, criteria_hash bytea, set_digest bytea, approximate integer, shown_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select s.id, s.criteria_hash, s.set_digest, s.approximate, s.shown_at
    from identity.affiliated_until(platform.acting_party()) a
    join cohort.shown_set s on s.party_id = a.party_id and s.shown_at < a.until
   where s.shown_at > clock_timestamp() - interval '30 days'
   order by s.id
$$;

-- The members of sets that the group was shown or that an answer of the day stands on; of no other set.
create function cohort.set_members(digests bytea[]) returns table (digest bytea, members bytea)
language sql stable security definer set search_path = '' as $$
  select f.digest, f.members from cohort.found_set f
   where f.digest = any (digests) and f.digest in (
     select g.set_digest from cohort.group_sets() g
      union all
     select a.set_digest from cohort.answer a where a.set_digest = any (digests)
   )
$$;
`;

const IS_OFFICER = `exists (
  select from identity.party p where p.id = platform.acting_party() and p.role = 'officer'
)`;

// Who comes close to what it was shown too often is locked out, with its affiliates, until an officer says why it goes on.
const LOCKS = `
create table cohort.close_call (
  id bigint primary key generated always as identity,
  party_id uuid not null references identity.party (id),
  criteria_hash bytea not null check (octet_length(criteria_hash) = 32),
  called_at timestamptz not null default clock_timestamp()
);
create index close_call_party on cohort.close_call (party_id, called_at);
alter table cohort.close_call enable row level security, force row level security;
create policy owner on cohort.close_call to current_user using (true) with check (true);
create policy own on cohort.close_call for insert to aceso_api with check (party_id = platform.acting_party());

create table cohort.count_lock (
  id uuid primary key default gen_random_uuid(),
  party_id uuid not null references identity.party (id),
  began_at timestamptz not null default clock_timestamp()
);
create index count_lock_party on cohort.count_lock (party_id);
call platform.make_append_only('cohort.count_lock');
alter table cohort.count_lock enable row level security, force row level security;
create policy owner on cohort.count_lock to current_user using (true) with check (true);
create policy seen on cohort.count_lock for select to aceso_api
  using (party_id = platform.acting_party() or ${IS_OFFICER});

create table cohort.count_release (
  lock_id uuid primary key references cohort.count_lock (id),
  released_by uuid not null references identity.party (id),
  reason text not null check (length(reason) between 10 and 500),
  released_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('cohort.count_release');
alter table cohort.count_release enable row level security, force row level security;
create policy owner on cohort.count_release to current_user using (true) with check (true);
create policy seen on cohort.count_release for select to aceso_api
  using (exists (select from cohort.count_lock l where l.id = lock_id));
create policy released on cohort.count_release for insert to aceso_api
  with check (released_by = platform.acting_party() and ${IS_OFFICER});

create function cohort.check_count_release() returns trigger language plpgsql set search_path = '' as $$
begin
  if not exists (select from identity.party p where p.id = new.released_by and p.role = 'officer') then
    raise exception 'an officer releases a lock-out'
      using errcode = 'check_violation', constraint = 'count_release_by_officer';
  end if;
  return new;
end $$;
create trigger count_released before insert on cohort.count_release
  for each row execute function cohort.check_count_release();

-- Questions of a group take turns: two of a group lock each other's rows of it in one order.
create function cohort.lock_group(party uuid) returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('count/' || m.party_id::text, 2))
    from (select a.party_id from identity.affiliated_until(party) a order by a.party_id) m;
end $$;

create function cohort.open_locks(party uuid) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select l.id from identity.affiliated_until(party) a
    join cohort.count_lock l on l.party_id = a.party_id and l.began_at < a.until
   where not exists (select from cohort.count_release r where r.lock_id = l.id)
$$;

-- Twenty different questions in 24 hours, as CLOSE_CALLS_MAX; those before a release do not count any more.
create function cohort.lock_out() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform cohort.lock_group(new.party_id);
  if not exists (select from cohort.open_locks(new.party_id)) and (
    select count(distinct c.criteria_hash)
      from identity.affiliated_until(new.party_id) a
      join cohort.close_call c on c.party_id = a.party_id and c.called_at < a.until
     where c.called_at > greatest(clock_timestamp() - interval '24 hours', coalesce((
       select max(r.released_at) from identity.affiliated_until(new.party_id) b
         join cohort.count_lock l on l.party_id = b.party_id join cohort.count_release r on r.lock_id = l.id
     ), '-infinity'))
  ) > 20 then
    insert into cohort.count_lock (party_id) values (new.party_id);
  end if;
  return null;
end $$;
create trigger lock_out after insert on cohort.close_call for each row execute function cohort.lock_out();
`;

// The log is the budget: what is not admitted is not written, and what is not written is not answered. 500 numbers in 24 hours as
// COUNTS_A_DAY_MAX, 4000 sets kept as SETS_KEPT_MAX.
const ADMISSION = `
create function cohort.admit_question() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform cohort.lock_group(new.party_id);
  if exists (select from cohort.open_locks(new.party_id)) then
    raise exception 'the group is locked out' using errcode = 'check_violation', constraint = 'counts_not_locked';
  end if;
  if (select coalesce(sum(q.numbers), 0) from identity.affiliated_until(new.party_id) a
        join cohort.query q on q.party_id = a.party_id and q.asked_at < a.until
       where q.asked_at > clock_timestamp() - interval '24 hours') + new.numbers > 500
    or (select count(*) from identity.affiliated_until(new.party_id) a
          join cohort.shown_set s on s.party_id = a.party_id and s.shown_at < a.until
         where s.shown_at > clock_timestamp() - interval '30 days') + new.numbers > 4000
  then
    raise exception 'the group has asked for its numbers of the day'
      using errcode = 'check_violation', constraint = 'counts_a_day_kept';
  end if;
  return new;
end $$;
create trigger admitted before insert on cohort.query for each row execute function cohort.admit_question();
`;

const FORGETTING = `
create function cohort.forget_sets() returns integer language plpgsql volatile security definer set search_path = '' as $$
declare forgotten integer;
begin
  delete from cohort.shown_set s where s.shown_at <= clock_timestamp() - interval '30 days';
  delete from cohort.close_call c where c.called_at <= clock_timestamp() - interval '30 days';
  delete from cohort.answer a where a.answered_at <= clock_timestamp() - interval '24 hours';
  -- A set that is found again meanwhile is younger: it is looked at once more before it goes.
  delete from cohort.found_set f
   where f.found_at <= clock_timestamp() - interval '1 day'
     and not exists (select from cohort.shown_set s where s.set_digest = f.digest)
     and not exists (select from cohort.answer a where a.set_digest = f.digest);
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
`;

const GRANTS = `
revoke execute on function cohort.group_sets(), cohort.set_members(bytea[]), cohort.lock_group(uuid),
  cohort.open_locks(uuid), cohort.lock_out(), cohort.admit_question(), cohort.check_count_release(),
  cohort.forget_sets() from public;
grant execute on function cohort.group_sets(), cohort.set_members(bytea[]), cohort.lock_group(uuid),
  cohort.open_locks(uuid) to aceso_api;
grant execute on function cohort.forget_sets() to aceso_worker;
grant insert, update (found_at) on cohort.found_set to aceso_api;
grant select (digest) on cohort.found_set to aceso_api;
grant update (set_digest) on cohort.answer to aceso_api;
grant insert on cohort.shown_set, cohort.close_call to aceso_api;
grant select on cohort.count_lock to aceso_api;
grant select, insert on cohort.count_release to aceso_api;
`;
