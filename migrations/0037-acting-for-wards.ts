import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Guardians act for wards in everything that they were appointed for, and patients of age name proxies of their own choice. */
export class ActingForWards0000000000037 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PROXIES);
    await runner.query(EVIDENCE);
    await runner.query(WORDS);
    await runner.query(DISCOVERY);
    await runner.query(GRANTS);
    await runner.query(STATEMENTS);
    await runner.query(RULES);
    await runner.query(READING);
    await runner.query(FIRST_FETCH);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A proxy of one's own choice rests on a statement in one's own chain and on no record; its ward ends any proxy.
const PROXIES = `
alter table identity.guardian_appointment
  alter column source_record_id drop not null,
  add check ((appointer_id = ward_id) = (source_record_id is null)),
  add check (appointer_id <> ward_id or kind = 'proxy');
drop policy moved on identity.guardian_appointment;
create policy moved on identity.guardian_appointment for update to aceso_api
  using (platform.acting_party() in (appointer_id, guardian_id) or identity.acts_as_officer()
         or kind = 'proxy' and platform.acting_party() = ward_id);

create or replace function identity.check_appointment() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    if new.confirmed_with is not null or new.ended_with is not null or not exists (
      select from identity.statement s join identity.party p on p.id = s.party_id
       where s.digest = new.statement_digest and s.party_id = new.appointer_id and s.appointment_digest is null
         and (s.typ = 'aceso/guardian-appointment/v1' and p.role in ('provider', 'officer')
              or s.typ = 'aceso/proxy-appointment/v1' and s.party_id = new.ward_id))
    then
      raise exception 'an appointment rests on a statement of whoever makes it'
        using errcode = 'check_violation', constraint = 'appointment_signed';
    end if;
    return new;
  end if;
  if to_jsonb(new) - array['confirmed_with', 'confirmed_by', 'ended_with', 'ended_at']
       <> to_jsonb(old) - array['confirmed_with', 'confirmed_by', 'ended_with', 'ended_at']
    or old.confirmed_with is not null and new.confirmed_with is distinct from old.confirmed_with
    or old.ended_with is not null
  then
    raise exception 'an appointment is confirmed once and ends once, and nothing else of it changes'
      using errcode = 'restrict_violation', constraint = 'appointment_history';
  end if;
  if new.confirmed_with is distinct from old.confirmed_with and not exists (
      select from identity.statement s join identity.party p on p.id = s.party_id and p.role = 'officer'
       where s.digest = new.confirmed_with and s.typ = 'aceso/guardian-confirmation/v1' and s.party_id = new.confirmed_by)
    or new.ended_with is not null and not exists (
      select from identity.statement s join identity.party p on p.id = s.party_id
       where s.digest = new.ended_with and s.typ = 'aceso/guardian-end/v1'
         and (s.party_id in (new.appointer_id, new.guardian_id) or p.role = 'officer'
              or new.kind = 'proxy' and s.party_id = new.ward_id))
  then
    raise exception 'a confirmation and an end rest on statements of whoever says so'
      using errcode = 'check_violation', constraint = 'appointment_signed';
  end if;
  return new;
end $$;

-- Appointments that may give authority at this moment; whether a parent still has it depends on the birth, judged where that is read.
create view identity.standing_appointment with (security_barrier) as
  select a.statement_digest, a.ward_id, a.guardian_id, a.kind, a.scope
    from identity.guardian_appointment a join identity.party p on p.id = a.appointer_id
   where a.ended_at is null and a.until > now() and (p.role <> 'officer' or a.confirmed_with is not null);
grant select on identity.standing_appointment to aceso_worker;
`;

const EVIDENCE = `
create or replace function identity.authority_evidence(appointment bytea) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'appointmentText', s.text, 'appointedAt', (extract(epoch from s.accepted_at) * 1000)::float8,
    'appointerId', p.id, 'appointerRole', p.role, 'appointerKeys', identity.key_lives(p.id),
    'confirmationText', c.text, 'confirmedAt', (extract(epoch from c.accepted_at) * 1000)::float8,
    'confirmerKeys', case when c.digest is not null then identity.key_lives(c.party_id) end,
    'endedAt', (extract(epoch from a.ended_at) * 1000)::float8,
    'guardianId', a.guardian_id, 'guardianKeys', identity.key_lives(a.guardian_id), 'wardId', a.ward_id,
    'boundAt', (select b.provider_id from identity.binding b
                 where b.source_record_id = a.source_record_id and b.person_id = ward.person_id and b.ended_at is null),
    'unbound', not exists (select from identity.binding b where b.person_id = ward.person_id),
    'bornFrom', left(f.birth_month || '-01', 7), 'bornUntil', left(f.birth_month || '-12', 7),
    'deceased', coalesce(f.deceased, false))
    from identity.guardian_appointment a
    join identity.statement s on s.digest = a.statement_digest
    join identity.party p on p.id = a.appointer_id
    join identity.patient ward on ward.party_id = a.ward_id
    left join identity.statement c on c.digest = a.confirmed_with
    left join register.person_index i on i.person_id = ward.person_id
    left join facts.person f on f.index_no = i.index_no
   where a.statement_digest = appointment
$$;
`;

// By whose appointment a word was given; null where the patient's own key signed. Read from the signed statement, whatever a writer says.
const WORDS = `
alter table consent.discovery_terms add column appointment_digest bytea references identity.guardian_appointment (statement_digest);
alter table consent.standing_terms add column appointment_digest bytea references identity.guardian_appointment (statement_digest);
alter table consent.permission_set add column appointment_digest bytea references identity.guardian_appointment (statement_digest);
update consent.discovery_terms t set appointment_digest = s.appointment_digest
  from identity.statement s where s.digest = t.statement_digest;

create function consent.note_appointment() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  new.appointment_digest := (select s.appointment_digest from identity.statement s where s.digest = new.statement_digest);
  return new;
end $$;
revoke execute on function consent.note_appointment() from public;
create trigger appointment_noted before insert or update on consent.discovery_terms
  for each row execute function consent.note_appointment();
create trigger appointment_noted before insert or update on consent.standing_terms
  for each row execute function consent.note_appointment();
create trigger appointment_noted before insert or update on consent.permission_set
  for each row execute function consent.note_appointment();

-- Nobody signs to decline: each guardian's no is a row of its own, beside the ward's.
alter table consent.refusal
  add column appointment_digest bytea references identity.guardian_appointment (statement_digest),
  drop constraint refusal_pkey;
create unique index refusal_once on consent.refusal (person_id, request_id, version, appointment_digest) nulls not distinct;
create function consent.check_refusal() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.appointment_digest is not null and not exists (
    select from identity.standing_appointment a
     where a.statement_digest = new.appointment_digest and a.ward_id = new.party_id and a.scope <> 'read')
  then
    raise exception 'a guardian declines for its ward by an appointment that stands'
      using errcode = 'check_violation', constraint = 'refusal_appointment';
  end if;
  return new;
end $$;
revoke execute on function consent.check_refusal() from public;
create trigger refusal_checked before insert on consent.refusal for each row execute function consent.check_refusal();
`;

// Who permits to be found, and in whose care: null where the person said so itself, else the kind of a guardian that has authority.
const DISCOVERY = `
create or replace view consent.discoverable with (security_barrier) as
  select t.person_id, a.kind as care
    from consent.discovery_terms t
    left join identity.standing_appointment a on a.statement_digest = t.appointment_digest and a.scope <> 'read'
   where t.discovery = 'permit' and t.expires_at > now() and (t.appointment_digest is null or a.kind is not null)
     and t.person_id not in (select consent.research_refused());
drop view identity.in_care;
`;

// A grant of a guardian stands as long as its appointment does; whether majority came in between is judged where births are read.
const GRANTS = `
create or replace view consent.standing_grant with (security_invoker) as
  select g.digest, g.person_id, g.request_id, g.version, g.expires_at, a.kind as care
    from consent.grant g
    join identity.statement s on s.digest = g.statement_digest
    left join identity.guardian_appointment a on a.statement_digest = s.appointment_digest
   where not exists (select from consent.revocation w where w.grant_digest = g.digest)
     and (g.terms_digest is null
          or exists (select from consent.standing_terms t
                      where t.person_id = g.person_id and t.statement_digest = g.terms_digest))
     and (s.appointment_digest is null or a.ended_at is null and a.until > now());
`;

// What a guardian signs for a ward: as before, and terms; rules with an appointment for reading and research.
const STATEMENTS = `
create or replace function identity.check_statement_key() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (
    select from identity.party_key k
     where k.did = new.did and (
       new.appointment_digest is null and k.party_id = new.party_id
       or exists (select from identity.guardian_appointment a join identity.party p on p.id = a.appointer_id
                   where a.statement_digest = new.appointment_digest and a.ward_id = new.party_id
                     and a.guardian_id = k.party_id and a.ended_at is null and a.until > new.accepted_at
                     and (p.role <> 'officer' or a.confirmed_with is not null)
                     and (a.scope <> 'read' and new.typ in ('aceso/binding/v1', 'aceso/discovery-terms/v1',
                            'aceso/standing-terms/v1', 'aceso/grant/v1', 'aceso/revocation/v1')
                          or a.scope = 'both' and new.typ = 'aceso/permission-rules/v1'))))
  then
    raise exception 'a statement is of a key of its party, or of a guardian with an appointment'
      using errcode = 'check_violation', constraint = 'statement_key';
  end if;
  return null;
end $$;
`;

const RULES = `
drop function consent.signed_rules(uuid[]);
create function consent.signed_rules(persons uuid[])
returns table (person_id uuid, text text, keys jsonb, recorded_at timestamptz, guardian jsonb)
language sql stable security definer set search_path = '' as $$
  select s.person_id, t.text, identity.key_lives(p.party_id), s.recorded_at,
         case when s.appointment_digest is not null then identity.authority_evidence(s.appointment_digest) end
    from consent.permission_set s
    join identity.statement t on t.digest = s.statement_digest
    join identity.patient p on p.person_id = s.person_id
   where s.person_id = any (persons)
$$;
revoke execute on function consent.signed_rules(uuid[]) from public;
grant execute on function consent.signed_rules(uuid[]) to aceso_api, aceso_worker;
`;

// A guardian opens what is bound to a ward of its own, where its appointment covers reading.
const READING = `
create function identity.reads_for(guardian uuid, person uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select guardian = platform.acting_party() and exists (
    select from identity.standing_appointment a join identity.patient ward on ward.party_id = a.ward_id
     where a.guardian_id = guardian and ward.person_id = person and a.scope <> 'research')
$$;
revoke execute on function identity.reads_for(uuid, uuid) from public;
grant execute on function identity.reads_for(uuid, uuid) to aceso_api;

create or replace function register.check_opening() returns trigger language plpgsql set search_path = '' as $$
begin
  if not exists (select from audit.access_event e where e.id = new.access_event_id and e.actor_id = new.actor_id
                  and e.outcome = 'permitted' and e.subject_id is not null and e.act like 'record.%')
  then
    raise exception 'an opening names an access event of its actor'
      using errcode = 'check_violation', constraint = 'record_opening_event';
  end if;
  if not exists (
    select from identity.binding b
      join audit.access_event e on e.id = new.access_event_id and e.subject_id = b.person_id
      join identity.party actor on actor.id = new.actor_id
      left join identity.patient own on own.party_id = new.actor_id
     where b.source_record_id = new.source_record_id and b.ended_at is null
       and identity.is_active(actor.id, clock_timestamp()) and actor.role in ('patient', 'physician', 'officer')
       and (actor.role <> 'patient' or own.person_id = b.person_id or identity.reads_for(new.actor_id, b.person_id)))
  then
    raise exception 'a record is opened that is bound to the person of the event'
      using errcode = 'check_violation', constraint = 'record_opening_bound';
  end if;
  return new;
end $$;
`;

// What moves no gate by itself, as it comes with time or with a record: the end of a guardian's authority over a grant, majority of a
// parent's ward (by the earliest birth), death. Births are compared with a month that the caller computes from its setting.
const FIRST_FETCH = `
drop function extraction.gates_unmoved(uuid);
drop function extraction.moved_persons(uuid);
create function extraction.moved_persons(released uuid, minor_from text) returns setof uuid
language sql security definer set search_path = '' as $$
  select m.person_id
    from extraction.member m
    left join identity.patient_gate g on g.person_id = m.person_id
    left join consent.grant c on c.digest = decode(m.grant_digest, 'hex')
    left join identity.statement s on s.digest = c.statement_digest
    left join identity.guardian_appointment a on a.statement_digest = s.appointment_digest
    left join register.person_index i on i.person_id = m.person_id
    left join facts.person f on f.index_no = i.index_no
   where m.attempt_id = released and m.state = 'released'
     and (g.version is distinct from m.gate_version or c.expires_at is null or c.expires_at <= clock_timestamp()
          or a.ended_at is not null or a.until <= clock_timestamp() or coalesce(f.deceased, false)
          or a.kind = 'parent' and coalesce(left(f.birth_month || '-01', 7) < minor_from, true))
$$;
revoke execute on function extraction.moved_persons(uuid, text) from public;
grant execute on function extraction.moved_persons(uuid, text) to aceso_worker;

create function extraction.gates_unmoved(wanted uuid, minor_from text) returns boolean
language plpgsql security definer set search_path = '' as $$
declare attempt uuid := (select attempt_id from extraction.package p where p.id = wanted);
begin
  perform 1 from identity.patient_gate g
    where g.person_id in (select person_id from extraction.member where attempt_id = attempt and state = 'released')
    order by g.person_id for share of g;
  return not exists (select from extraction.moved_persons(attempt, minor_from));
end $$;
revoke execute on function extraction.gates_unmoved(uuid, text) from public;
grant execute on function extraction.gates_unmoved(uuid, text) to aceso_api, aceso_worker;
`;
