import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Affiliations end, and are seen by those they are of; patients of an affiliate count for nobody, wherever counts are shown. */
export class AffiliationEnds0000000000026 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ENDS);
    await runner.query(REACH);
    await runner.query(VOUCHED);
    await runner.query(SUMS);
    await runner.query(BUDGET);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

const IS_OFFICER = `exists (
  select from identity.party p where p.id = platform.acting_party() and p.role = 'officer'
)`;

// A pair may be declared again after it ended: a row a time. Rows stay as they are, an end is a row of its own.
const ENDS = `
alter table identity.affiliation
  drop constraint affiliation_pkey,
  add column id uuid not null default gen_random_uuid() primary key;
create index affiliation_pair on identity.affiliation (first_party_id, second_party_id);

create table identity.affiliation_end (
  affiliation_id uuid primary key references identity.affiliation (id),
  ended_by uuid not null references identity.party (id),
  ended_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('identity.affiliation_end');
grant select, insert on identity.affiliation_end to aceso_api;
grant select on identity.affiliation_end to aceso_worker;

create function identity.check_affiliation_end() returns trigger language plpgsql set search_path = '' as $$
begin
  if not exists (select from identity.party p where p.id = new.ended_by and p.role = 'officer') then
    raise exception 'an officer says that an affiliation has ended'
      using errcode = 'check_violation', constraint = 'affiliation_parties';
  end if;
  return new;
end $$;
create trigger affiliation_ended before insert on identity.affiliation_end
  for each row execute function identity.check_affiliation_end();

-- Two that declare the same pair at once take turns, and the second finds it declared.
create function identity.one_affiliation() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('affiliation/' || new.first_party_id || '/' || new.second_party_id, 0));
  if exists (
    select from identity.affiliation a
     where a.first_party_id = new.first_party_id and a.second_party_id = new.second_party_id
       and not exists (select from identity.affiliation_end e where e.affiliation_id = a.id)
  ) then
    return null;
  end if;
  return new;
end $$;
revoke execute on function identity.one_affiliation() from public;
create trigger one_affiliation before insert on identity.affiliation
  for each row execute function identity.one_affiliation();

-- Under role api an affiliation is there for its two parties and for officers.
alter table identity.affiliation enable row level security, force row level security;
create policy owner on identity.affiliation to current_user using (true) with check (true);
create policy work on identity.affiliation for select to aceso_worker using (true);
create policy seen on identity.affiliation for select to aceso_api
  using (platform.acting_party() in (first_party_id, second_party_id) or ${IS_OFFICER});
create policy declared on identity.affiliation for insert to aceso_api with check (declared_by = platform.acting_party());
alter table identity.affiliation_end enable row level security, force row level security;
create policy owner on identity.affiliation_end to current_user using (true) with check (true);
create policy work on identity.affiliation_end for select to aceso_worker using (true);
create policy seen on identity.affiliation_end for select to aceso_api
  using (exists (select from identity.affiliation a where a.id = affiliation_id));
create policy ended on identity.affiliation_end for insert to aceso_api with check (ended_by = platform.acting_party());
`;

// What one party had before an affiliation ended, the other may have kept; what it came by later, not. So everybody who was
// ever reached stays reached, with a time: the latest until which every step of some way still stood.
const REACH = `
create function identity.affiliated_until(party uuid) returns table (party_id uuid, until timestamptz)
language sql stable security definer set search_path = '' as $$
  with recursive reached (id, until) as (
    select party, 'infinity'::timestamptz
    union
    select case when a.first_party_id = r.id then a.second_party_id else a.first_party_id end,
           least(r.until, coalesce(e.ended_at, 'infinity'))
      from reached r
      join identity.affiliation a on r.id in (a.first_party_id, a.second_party_id)
      left join identity.affiliation_end e on e.affiliation_id = a.id
  )
  select id, max(until) from reached group by id
$$;
revoke execute on function identity.affiliated_until(uuid) from public;
grant execute on function identity.affiliated_until(uuid) to aceso_api, aceso_worker;

create or replace function identity.affiliates(party uuid) returns setof uuid language sql stable set search_path = '' as $$
  select party_id from identity.affiliated_until(party) where until = 'infinity'
$$;
`;

// The one place that says who counts for nobody when a buyer is shown a number or files.
const VOUCHED = `
create function identity.vouched_for(buyer uuid) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select distinct b.person_id
    from identity.affiliated_until(buyer) a
    join identity.binding b on b.provider_id = a.party_id and b.bound_at < a.until
   where b.ended_at is null
$$;
create index binding_provider on identity.binding (provider_id) where ended_at is null;
revoke execute on function identity.vouched_for(uuid) from public;
grant execute on function identity.vouched_for(uuid) to aceso_api, aceso_worker;
`;

const SUMS = `
create or replace function marketplace.answers(request uuid, request_version integer)
returns table (asked integer, answered integer, granted integer)
language sql stable security definer set search_path = '' as $$
  select count(*)::integer, count(*) filter (where a.state <> 'asked')::integer,
         count(*) filter (where a.state = 'granted')::integer
    from marketplace.ask a
   where a.request_id = request and a.version = request_version
     and a.person_id not in (
       select identity.vouched_for(r.buyer_id) from marketplace.request r where r.id = request
     )
$$;
grant execute on function marketplace.answers(uuid, integer) to aceso_worker;
`;

// Affiliates share what they learn: a party's budget is used up by everything that its group was charged before it came apart.
const BUDGET = `
create policy owner on cohort.privacy_charge to current_user using (true) with check (true);

create function cohort.group_charges(party uuid, of_data_set text)
returns table (question_hash bytea, epsilon_milli integer)
language sql stable security definer set search_path = '' as $$
  select c.question_hash, c.epsilon_milli
    from identity.affiliated_until(party) a
    join cohort.privacy_charge c on c.party_id = a.party_id and c.charged_at < a.until
   where c.data_set = of_data_set
$$;
revoke execute on function cohort.group_charges(uuid, text) from public;

-- What the acting party's group has spent, in thousandths of epsilon.
create function cohort.privacy_spent(of_data_set text) returns integer
language sql stable security definer set search_path = '' as $$
  select coalesce(sum(epsilon_milli), 0)::integer from cohort.group_charges(platform.acting_party(), of_data_set)
$$;
revoke execute on function cohort.privacy_spent(text) from public;
grant execute on function cohort.privacy_spent(text) to aceso_api;

-- Charges for a data set take turns, as groups may hang together in ways that no single row stands for. What anybody of the
-- group has paid for is not charged again.
create function cohort.charge_group() returns trigger language plpgsql volatile security definer set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('privacy-budget/' || new.data_set, 0));
  insert into cohort.privacy_budget (party_id, data_set) values (new.party_id, new.data_set) on conflict do nothing;
  if exists (select from cohort.group_charges(new.party_id, new.data_set) c where c.question_hash = new.question_hash) then
    return null;
  end if;
  if (select coalesce(sum(c.epsilon_milli), 0) from cohort.group_charges(new.party_id, new.data_set) c) + new.epsilon_milli
    > (select b.budget_milli from cohort.privacy_budget b where b.party_id = new.party_id and b.data_set = new.data_set)
  then
    raise exception 'the privacy budget of the group is spent'
      using errcode = 'check_violation', constraint = 'privacy_budget_kept';
  end if;
  return new;
end $$;
revoke execute on function cohort.charge_group() from public;
create trigger charge_group before insert on cohort.privacy_charge for each row execute function cohort.charge_group();
`;
