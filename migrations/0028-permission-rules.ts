import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Permission rules of persons with the set-based twin of the decision, and physicians as members of providers. */
export class PermissionRules0000000000028 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PHYSICIANS);
    await runner.query(RULES);
    await runner.query(TWIN);
    await runner.query(RESEARCH);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A membership begins and ends by a statement of the provider; whether it stands is all that ever changes of it.
const PHYSICIANS = `
alter table identity.party drop constraint party_role_check, add constraint party_role_check
  check (role in ('patient', 'researcher', 'provider', 'officer', 'physician'));
alter table identity.invitation drop constraint invitation_role_check, add constraint invitation_role_check
  check (role in ('researcher', 'provider', 'officer', 'physician'));
alter table identity.patient_gate drop constraint patient_gate_narrowed_by_check,
  add constraint patient_gate_narrowed_by_check
  check (narrowed_by in ('revocation', 'terms', 'rules', 'key-revoked', 'unlink', 'erasure', 'freeze',
                         'authority-ended', 'majority'));

create table identity.membership (
  statement_digest bytea primary key references identity.statement (digest),
  provider_id uuid not null references identity.party (id),
  physician_id uuid not null references identity.party (id),
  began_at timestamptz not null,
  ended_at timestamptz check (ended_at >= began_at),
  ended_by bytea unique references identity.statement (digest),
  check ((ended_at is null) = (ended_by is null))
);
create unique index membership_standing on identity.membership (provider_id, physician_id) where ended_at is null;
create index membership_physician on identity.membership (physician_id) where ended_at is null;
alter table identity.membership enable row level security, force row level security;
create policy attested on identity.membership to aceso_api
  using (provider_id = platform.acting_party()) with check (provider_id = platform.acting_party());
create policy own on identity.membership for select to aceso_api using (physician_id = platform.acting_party());
create policy work on identity.membership for select to aceso_worker using (true);
create policy owner on identity.membership to current_user using (true) with check (true);
grant select, insert, update (ended_at, ended_by) on identity.membership to aceso_api;
grant select on identity.membership to aceso_worker;

create function identity.check_membership() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    if not exists (select from identity.party p where p.id = new.provider_id and p.role = 'provider')
      or not exists (select from identity.party p where p.id = new.physician_id and p.role = 'physician')
    then
      raise exception 'a provider attests physicians' using errcode = 'check_violation', constraint = 'membership_parties';
    end if;
  elsif old.ended_at is not null or (new.statement_digest, new.provider_id, new.physician_id, new.began_at)
    is distinct from (old.statement_digest, old.provider_id, old.physician_id, old.began_at)
  then
    raise exception 'a membership ends once and changes in nothing else' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger membership_parties before insert or update on identity.membership
  for each row execute function identity.check_membership();

-- Of which providers a physician is a member now. Whoever decides on access asks it, whoever acts.
create function identity.providers_of(physician uuid) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select m.provider_id from identity.membership m
    join identity.party provider on provider.id = m.provider_id and provider.status = 'active'
   where m.physician_id = physician and m.ended_at is null
$$;
revoke execute on function identity.providers_of(uuid) from public;
grant execute on function identity.providers_of(uuid) to aceso_api, aceso_worker;
`;

// The rules of a person as its newest statement has them, a row a rule; the statement is what counts, rows serve sets.
// \`specificity\` is that of domain/permission/category.ts: subject, then category, then purpose.
const RULES = `
create table consent.permission_set (
  person_id uuid primary key references identity.patient (person_id),
  statement_digest bytea not null unique references identity.statement (digest),
  recorded_at timestamptz not null
);

-- What every decision reads comes first: a scan stops there.
create table consent.permission_rule (
  person_id uuid not null references consent.permission_set (person_id),
  party_id uuid references identity.party (id),
  number integer not null check (number between 1 and 1000),
  specificity integer not null generated always as (
    (((case subject when 'party' then 3 when 'physicians-of' then 2 else 1 end) * 64
      + (codes is not null)::integer * 32 + (labels is not null)::integer * 16 + (devices is not null)::integer * 8
      + (providers is not null)::integer * 4 + (types is not null)::integer * 2 + (days is not null)::integer) * 2)
    + (purpose <> 'any')::integer
  ) stored,
  from_at timestamptz not null default '-infinity',
  until_at timestamptz not null default 'infinity' check (until_at > from_at),
  subject text not null check (subject in ('party', 'physicians-of', 'physicians', 'research')),
  purpose text not null check (purpose in ('treatment', 'emergency', 'research', 'any')),
  level text not null check (level in ('none', 'read', 'write')),
  types text[] check (cardinality(types) > 0),
  codes text[] check (cardinality(codes) > 0),
  labels text[] check (cardinality(labels) > 0),
  providers uuid[] check (cardinality(providers) > 0),
  devices text[] check (cardinality(devices) > 0),
  days daterange check (not isempty(days)),
  primary key (person_id, number),
  check ((subject in ('party', 'physicians-of')) = (party_id is not null))
);
-- Whoever decides needs the rules of the person, whoever acts: as signed, with the keys that may have signed them.
create function consent.signed_rules(persons uuid[])
returns table (person_id uuid, text text, keys jsonb, recorded_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select s.person_id, t.text, (
           select jsonb_agg(jsonb_build_object('did', k.did, 'kind', k.kind,
                    'addedAt', (extract(epoch from k.added_at) * 1000)::float8,
                    'until', (extract(epoch from least(k.revoked_at, k.compromised_since)) * 1000)::float8))
             from identity.party_key k where k.party_id = p.party_id
         ), s.recorded_at
    from consent.permission_set s
    join identity.statement t on t.digest = s.statement_digest
    join identity.patient p on p.person_id = s.person_id
   where s.person_id = any (persons)
$$;
revoke execute on function consent.signed_rules(uuid[]) from public;
grant execute on function consent.signed_rules(uuid[]) to aceso_api, aceso_worker;
create policy rules on identity.statement for select to current_user using (typ = 'aceso/permission-rules/v1');

create index permission_rule_subject on consent.permission_rule (subject, party_id, person_id);

do $$
declare target regclass;
begin
  foreach target in array array['consent.permission_set', 'consent.permission_rule']::regclass[] loop
    execute format('alter table %s enable row level security, force row level security', target);
    execute format('create policy owner on %s to current_user using (true) with check (true)', target);
    execute format('create policy work on %s for select to aceso_worker using (true)', target);
    execute format('create policy own on %s to aceso_api
      using (person_id in (select p.person_id from identity.patient p where p.party_id = platform.acting_party()))
      with check (person_id in (select p.person_id from identity.patient p where p.party_id = platform.acting_party()))',
      target);
    execute format('grant select on %s to aceso_worker', target);
  end loop;
end $$;
grant select, insert, update (statement_digest, recorded_at) on consent.permission_set to aceso_api;
grant select, insert, delete on consent.permission_rule to aceso_api;
`;

// domain/permission/decide-permission.ts for all persons who have a rule that speaks of it; who is not among the rows has
// what holds where no rule speaks. A part of the category that is null may be anything; an empty one is known to be absent.
// One number a rule: specificity, then deny over permit, then the lower number; so one maximum a person decides.
const TWIN = `
create function consent.decide_ruled(
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
$$;
revoke execute on function consent.decide_ruled from public;
grant execute on function consent.decide_ruled to aceso_worker;
`;

// What research may find. The owner's functions see everybody's rules and tell yes or no.
const RESEARCH = `
create function consent.research_refused() returns setof uuid
language sql stable security definer set search_path = '' as $$
  select person_id from consent.decide_ruled(null, 'researcher', '{}', 'research', 'read', statement_timestamp(), true,
    'Patient', '{}', '{}', null, '{}', null)
   where effect <> 'permit'
$$;

-- Persons who keep something back from research, or from one party that may be a research center: only of them more is asked.
create view consent.research_ruled with (security_barrier) as
  select distinct person_id, party_id from consent.permission_rule
   where subject in ('research', 'party') and level = 'none' and purpose in ('research', 'any');

-- Whether research, or one research center, sees a person's facts with a code: of none of the types a part is kept back.
create function consent.research_sees(
  person uuid, center uuid, types text[], code text, labels text[], days daterange
) returns boolean language sql stable security definer set search_path = '' as $$
  select not exists (
    select from unnest(types) as t (name)
      join lateral consent.decide_ruled(center, 'researcher', '{}', 'research', 'read', statement_timestamp(), true,
             t.name, array[code], labels, null, null, days) d on d.person_id = person
     where d.effect <> 'permit' or d.in_part
  )
$$;

-- Whether a research center may ask a person at all.
create function consent.research_may_ask(person uuid, center uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select not exists (
    select from consent.decide_ruled(center, 'researcher', '{}', 'research', 'read', statement_timestamp(), true,
      'Patient', '{}', '{}', null, '{}', null) d
     where d.person_id = person and d.effect <> 'permit'
  )
$$;
revoke execute on function consent.research_refused(), consent.research_sees(uuid, uuid, text[], text, text[], daterange),
  consent.research_may_ask(uuid, uuid) from public;
grant execute on function consent.research_refused(), consent.research_sees(uuid, uuid, text[], text, text[], daterange),
  consent.research_may_ask(uuid, uuid) to aceso_api, aceso_worker;
grant select on consent.research_ruled to aceso_api, aceso_worker;

create or replace view consent.discoverable with (security_barrier) as
  select person_id from consent.discovery_terms
   where discovery = 'permit' and expires_at > now()
     and person_id not in (select consent.research_refused());
`;
