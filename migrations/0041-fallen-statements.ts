import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a stolen key signed counts nowhere: also not where persons are found in sets, from rows. And fewer functions for everybody. */
export class FallenStatements0000000000041 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FALLEN);
    await runner.query(RULES);
    await runner.query(TERMS);
    await runner.query(OPENINGS);
    await runner.query(RIGHTS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Accepted after the moment from which on the key was in other hands, as its revocation says. Few keys ever are.
const FALLEN = `
create index party_key_compromised on identity.party_key (did) where compromised_since is not null;

create view identity.fallen_statement with (security_barrier) as
  select s.digest from identity.party_key k
    join identity.statement s on s.did = k.did and s.accepted_at > k.compromised_since
   where k.compromised_since is not null;
grant select on identity.fallen_statement to aceso_worker;

create view consent.fallen_rules with (security_barrier) as
  select s.person_id from consent.permission_set s
   where s.statement_digest in (select f.digest from identity.fallen_statement f);
grant select on consent.fallen_rules to aceso_worker;
`;

// As decidePermission on rules that do not verify: nothing is permitted, and who has such rules is among the rows.
const RULES = `
create or replace function consent.decide_ruled(
  actor_party uuid, actor_role text, actor_providers uuid[], asked_purpose text, asked_act text, asked_at timestamptz,
  unruled_permits boolean, a_type text, a_codes text[], a_labels text[], a_provider uuid, a_devices text[], a_days daterange
) returns table (person_id uuid, effect text, rule integer, in_part boolean) language sql stable as $$
  select judged.person_id,
         case when judged.permits then 'permit' when judged.part_permit > judged.whole then 'abstain' else 'deny' end,
         nullif(1023 - (case when not judged.permits and judged.part_permit > judged.whole
           then judged.part_permit else judged.whole end) % 1024, 1023),
         judged.permits and judged.part_deny > judged.whole
    from (
      select weighed.person_id, weighed.whole, weighed.part_permit, weighed.part_deny,
             case when weighed.whole = 0 then unruled_permits else weighed.whole / 1024 % 2 = 0 end as permits
        from (
          select r.person_id,
                 coalesce(max(r.weight) filter (where r.covers), 0) as whole,
                 coalesce(max(r.weight) filter (where not r.covers and not r.denies), 0) as part_permit,
                 coalesce(max(r.weight) filter (where not r.covers and r.denies), 0) as part_deny
            from (
              select p.person_id, d.denies, (p.specificity * 2 + d.denies::integer) * 1024 + 1023 - p.number as weight,
                     (p.types is null or a_type is not null) and (p.codes is null or a_codes is not null)
                     and (p.labels is null or a_labels is not null) and (p.providers is null or a_provider is not null)
                     and (p.devices is null or a_devices is not null) and (p.days is null or a_days is not null) as covers
                from consent.permission_rule p
                cross join lateral (
                  select case asked_act when 'read' then p.level = 'none' else p.level <> 'write' end
                ) d (denies)
               where (p.subject = 'party' and p.party_id = actor_party
                      or p.subject = 'physicians-of' and actor_role = 'physician' and p.party_id = any (actor_providers)
                      or p.subject = 'physicians' and actor_role = 'physician'
                      or p.subject = 'research' and actor_role = 'researcher')
                 and p.purpose in ('any', asked_purpose) and p.from_at <= asked_at and p.until_at > asked_at
                 and (p.types is null or a_type is null or a_type = any (p.types))
                 and (p.codes is null or a_codes is null or p.codes && a_codes)
                 and (p.labels is null or a_labels is null or p.labels && a_labels)
                 and (p.providers is null or a_provider is null or a_provider = any (p.providers))
                 and (p.devices is null or a_devices is null or p.devices && a_devices)
                 and (p.days is null or a_days is null or p.days && a_days or isempty(a_days) and d.denies)
            ) r
           group by r.person_id
        ) weighed
    ) judged
   where judged.person_id not in (select f.person_id from consent.fallen_rules f)
  union all
  select f.person_id, 'deny', null, false from consent.fallen_rules f
$$;

create or replace view consent.research_ruled with (security_barrier) as
  select distinct person_id, party_id from consent.permission_rule
   where subject in ('research', 'party') and level = 'none' and purpose in ('research', 'any')
  union
  select person_id, null::uuid from consent.fallen_rules;
`;

const TERMS = `
-- Who is found, asked and counted is whoever is not among these.
create or replace function consent.research_refused() returns setof uuid
language sql stable security definer set search_path = '' as $$
  select person_id from consent.decide_ruled(null, 'researcher', '{}', 'research', 'read', statement_timestamp(), true,
    'Patient', '{}', '{}', null, '{}', null)
   where effect <> 'permit'
  union all
  select t.person_id from consent.discovery_terms t
   where t.statement_digest in (select f.digest from identity.fallen_statement f)
$$;

create or replace function consent.check_terms_answer() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.terms_digest is not null and not exists (
    select from consent.standing_terms t
     where t.person_id = new.person_id and t.party_id = new.party_id and t.statement_digest = new.terms_digest
       and t.mode = 'answer-for-me' and t.expires_at >= new.expires_at
       and not exists (select from identity.fallen_statement f where f.digest = t.statement_digest)
  ) then
    raise exception 'terms answer that are the newest of the person and say so'
      using errcode = 'check_violation', constraint = 'terms_answer';
  end if;
  return new;
end $$;
`;

// Beside what 0032 asks of an opening: a physician looks for a provider that it is a member of now, an officer at what two officers
// disclose. A process on the network that was taken over opens no records of others by calling itself one of them.
const OPENINGS = `
create function register.check_opening_office() returns trigger language plpgsql set search_path = '' as $$
declare
  event audit.access_event;
  role text;
begin
  select p.role into role from identity.party p where p.id = new.actor_id;
  select * into event from audit.access_event e where e.id = new.access_event_id;
  if role = 'physician' and not exists (
    select from identity.providers_of(new.actor_id) as provider (id) where provider.id = event.provider_id
  ) or role = 'officer' and not exists (
    select from register.disclosure d join register.disclosure_approval a on a.disclosure_id = d.id
     where d.person_id = event.subject_id and new.actor_id in (d.proposed_by, a.approved_by)
       and a.approved_at > clock_timestamp() - interval '7 days'
  )
  then
    raise exception 'a physician opens for its provider, an officer what was disclosed'
      using errcode = 'check_violation', constraint = 'record_opening_office';
  end if;
  return new;
end $$;
create trigger opening_office_checked before insert on register.record_opening
  for each row execute function register.check_opening_office();
`;

// PostgreSQL lets everybody execute what is not taken away: what runs as the owner is for the roles that are named.
const RIGHTS = `
do $$
declare target regprocedure;
begin
  for target in
    select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where p.prosecdef and n.nspname in ('audit', 'cohort', 'consent', 'extraction', 'facts', 'identity', 'ledger', 'marketplace',
                                         'platform', 'register', 'settlement', 'vault')
  loop
    execute format('revoke execute on function %s from public', target);
  end loop;
end $$;
`;
