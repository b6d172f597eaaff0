/**
 * Counts that go on after the request which asked for them. A process of the api takes one and says every second that it is alive;
 * what a dead process left ends as interrupted. Ended rows do not change, and go after 30 days as BACKGROUND_COUNT_DAYS.
 */
export const BACKGROUND_COUNTS = `
create table cohort.background_count (
  id uuid primary key,
  party_id uuid not null references identity.party (id),
  kind text not null check (kind in ('count', 'funnel')),
  criteria jsonb not null,
  question_hash bytea not null check (octet_length(question_hash) = 32),
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
  runner uuid,
  blocks_done integer not null default 0 check (blocks_done >= 0),
  blocks_total integer check (blocks_total >= blocks_done),
  answers jsonb,
  reason text check (reason ~ '^[A-Z_]{1,64}$'),
  asked_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  seen_at timestamptz,
  ended_at timestamptz,
  check ((runner is null) = (started_at is null) and (runner is null) = (seen_at is null)),
  check (state <> 'queued' or runner is null),
  check (state not in ('running', 'done', 'failed') or runner is not null),
  check ((state in ('done', 'failed', 'cancelled')) = (ended_at is not null)),
  check ((state = 'done') = (answers is not null)),
  check ((state = 'failed') = (reason is not null))
);
create unique index background_count_once on cohort.background_count (party_id, question_hash)
  where state in ('queued', 'running');
create index background_count_party on cohort.background_count (party_id, asked_at, id);
create index background_count_open on cohort.background_count (asked_at) where state in ('queued', 'running');

alter table cohort.background_count enable row level security, force row level security;
create policy owner on cohort.background_count to current_user using (true) with check (true);
create policy own on cohort.background_count to aceso_api
  using (party_id = platform.acting_party()) with check (party_id = platform.acting_party());
grant select, insert (id, party_id, kind, criteria, question_hash),
  update (state, blocks_done, blocks_total, answers, reason, seen_at, ended_at) on cohort.background_count to aceso_api;

-- Three of a group at once as BACKGROUND_COUNTS_MAX, 500 of a party in 24 hours as BACKGROUND_COUNTS_A_DAY_MAX: what is cancelled
-- before it begins is not charged, and a row all the same.
create function cohort.admit_background_count() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform cohort.lock_group(new.party_id);
  if (select count(*) from identity.affiliates(new.party_id) a (party_id)
        join cohort.background_count c on c.party_id = a.party_id where c.state in ('queued', 'running')) >= 3
  then
    raise exception 'the group has as many background counts as it may have at once'
      using errcode = 'check_violation', constraint = 'background_counts_at_once';
  end if;
  if (select count(*) from cohort.background_count c
       where c.party_id = new.party_id and c.asked_at > clock_timestamp() - interval '24 hours') >= 500
  then
    raise exception 'the party has started as many background counts as it may in a day'
      using errcode = 'check_violation', constraint = 'background_counts_a_day';
  end if;
  return new;
end $$;
create trigger admitted before insert on cohort.background_count
  for each row execute function cohort.admit_background_count();

create function cohort.check_background_move() returns trigger language plpgsql set search_path = '' as $$
begin
  if old.state not in ('queued', 'running') or (old.state, new.state) in (('queued', 'done'), ('queued', 'failed'), ('running', 'queued'))
  then
    raise exception 'a background count that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'background_count_move';
  end if;
  return new;
end $$;
create trigger moves before update on cohort.background_count
  for each row execute function cohort.check_background_move();

-- Ends what nobody was seen at for 30 seconds (RUNNER_LOST_MS), and gives the process that asks the next one, of the party whose turn was
-- longest ago.
create function cohort.take_background_count(by_runner uuid)
returns table (id uuid, party_id uuid, kind text, criteria jsonb)
language plpgsql volatile security definer set search_path = '' as $$
begin
  update cohort.background_count c set state = 'failed', reason = 'COUNT_INTERRUPTED', ended_at = clock_timestamp()
   where c.state = 'running' and c.seen_at < clock_timestamp() - interval '30 seconds';
  return query
    update cohort.background_count c
       set state = 'running', runner = by_runner, started_at = clock_timestamp(), seen_at = clock_timestamp()
     where c.id = (
       select q.id from cohort.background_count q where q.state = 'queued'
        order by (select max(r.started_at) from cohort.background_count r where r.party_id = q.party_id) nulls first,
                 q.asked_at, q.id
        limit 1 for update skip locked
     )
    returning c.id, c.party_id, c.kind, c.criteria;
end $$;

create function cohort.forget_background_counts() returns integer language plpgsql volatile security definer set search_path = '' as $$
declare forgotten integer;
begin
  delete from cohort.background_count c where c.ended_at <= clock_timestamp() - interval '30 days';
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;

revoke execute on function cohort.admit_background_count(), cohort.check_background_move(),
  cohort.take_background_count(uuid), cohort.forget_background_counts() from public;
grant execute on function cohort.take_background_count(uuid) to aceso_api;
grant execute on function cohort.forget_background_counts() to aceso_worker;
`;
