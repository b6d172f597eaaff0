import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who acts for whom: appointments of guardians, their confirmation and their end, and what a decision reads of them. */
export class Guardians0000000000034 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(APPOINTMENTS);
    await runner.query(EVIDENCE);
    await runner.query(STATEMENTS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

const APPOINTMENTS = `
create table identity.guardian_appointment (
  statement_digest bytea primary key references identity.statement (digest),
  appointer_id uuid not null references identity.party (id),
  ward_id uuid not null references identity.patient (party_id),
  guardian_id uuid not null references identity.patient (party_id),
  source_record_id uuid not null,
  kind text not null check (kind in ('parent', 'court', 'proxy')),
  scope text not null check (scope in ('read', 'research', 'both')),
  until timestamptz not null check (until > appointed_at),
  appointed_at timestamptz not null,
  confirmed_with bytea unique references identity.statement (digest),
  confirmed_by uuid references identity.party (id),
  ended_with bytea references identity.statement (digest),
  ended_at timestamptz,
  check (guardian_id <> ward_id),
  check (confirmed_by <> appointer_id),
  check ((confirmed_with is null) = (confirmed_by is null)),
  check ((ended_with is null) = (ended_at is null))
);
create index guardian_ward on identity.guardian_appointment (ward_id);
create index guardian_guardian on identity.guardian_appointment (guardian_id);

create function identity.acts_as_officer() returns boolean language sql stable set search_path = '' as $$
  select exists (select from identity.party p where p.id = platform.acting_party() and p.role = 'officer')
$$;
alter table identity.guardian_appointment enable row level security, force row level security;
create policy seen on identity.guardian_appointment for select to aceso_api
  using (platform.acting_party() in (appointer_id, ward_id, guardian_id) or identity.acts_as_officer());
create policy appointed on identity.guardian_appointment for insert to aceso_api
  with check (appointer_id = platform.acting_party());
create policy moved on identity.guardian_appointment for update to aceso_api
  using (platform.acting_party() in (appointer_id, guardian_id) or identity.acts_as_officer());
create policy work on identity.guardian_appointment for select to aceso_worker using (true);
create policy owner on identity.guardian_appointment to current_user using (true) with check (true);
grant select, insert, update (confirmed_with, confirmed_by, ended_with, ended_at)
  on identity.guardian_appointment to aceso_api;
grant select on identity.guardian_appointment to aceso_worker;

-- Each half rests on a statement of the party whose half it is. Nobody makes an appointment longer, wider or alive again.
create function identity.check_appointment() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    if new.confirmed_with is not null or new.ended_with is not null or not exists (
      select from identity.statement s join identity.party p on p.id = s.party_id and p.role in ('provider', 'officer')
       where s.digest = new.statement_digest and s.typ = 'aceso/guardian-appointment/v1' and s.party_id = new.appointer_id)
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
         and (s.party_id in (new.appointer_id, new.guardian_id) or p.role = 'officer'))
  then
    raise exception 'a confirmation and an end rest on statements of whoever says so'
      using errcode = 'check_violation', constraint = 'appointment_signed';
  end if;
  return new;
end $$;
create trigger appointment_checked before insert or update on identity.guardian_appointment
  for each row execute function identity.check_appointment();
create trigger never_deleted before delete on identity.guardian_appointment
  for each row execute function platform.refuse_change();
revoke execute on function identity.check_appointment() from public;
`;

// domain/authority.ts reads this, whoever acts: signed halves, keys, and what the records say of the ward.
const EVIDENCE = `
create function identity.key_lives(party uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_agg(jsonb_build_object('did', k.did, 'kind', k.kind,
           'addedAt', (extract(epoch from k.added_at) * 1000)::float8,
           'until', (extract(epoch from least(k.revoked_at, k.compromised_since)) * 1000)::float8))
    from identity.party_key k where k.party_id = party
$$;
revoke execute on function identity.key_lives(uuid) from public;

create function identity.authority_evidence(appointment bytea) returns jsonb
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
    'bornFrom', left(f.birth_month || '-01', 7), 'deceased', coalesce(f.deceased, false))
    from identity.guardian_appointment a
    join identity.statement s on s.digest = a.statement_digest
    join identity.party p on p.id = a.appointer_id
    join identity.patient ward on ward.party_id = a.ward_id
    left join identity.statement c on c.digest = a.confirmed_with
    left join register.person_index i on i.person_id = ward.person_id
    left join facts.person f on f.index_no = i.index_no
   where a.statement_digest = appointment
$$;
revoke execute on function identity.authority_evidence(bytea) from public;
grant execute on function identity.authority_evidence(bytea) to aceso_api, aceso_worker;

-- Persons for whom somebody decides on research now; whether a parent still may depends on the birth, which is judged where it is read.
create view identity.in_care with (security_barrier) as
  select ward.person_id, a.kind
    from identity.guardian_appointment a
    join identity.patient ward on ward.party_id = a.ward_id
    join identity.party p on p.id = a.appointer_id
   where a.ended_at is null and a.until > now() and a.scope <> 'read'
     and (p.role = 'provider' or a.confirmed_with is not null);
grant select on identity.in_care to aceso_api, aceso_worker;
`;

// A statement of a guardian stands in the chain of its ward: with the ward's party, the guardian's key and the appointment. Any other
// statement is of a key of its own party.
const STATEMENTS = `
alter table identity.statement
  add column appointment_digest bytea references identity.guardian_appointment (statement_digest);

create function identity.check_statement_key() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if not exists (
    select from identity.party_key k
     where k.did = new.did and (
       new.appointment_digest is null and k.party_id = new.party_id
       or exists (select from identity.guardian_appointment a
                   where a.statement_digest = new.appointment_digest and a.ward_id = new.party_id
                     and a.guardian_id = k.party_id and a.ended_at is null and a.until > new.accepted_at
                     and a.scope <> 'read'
                     and (a.confirmed_with is not null
                       or exists (select from identity.party p where p.id = a.appointer_id and p.role = 'provider')))
         and new.typ in ('aceso/binding/v1', 'aceso/discovery-terms/v1', 'aceso/grant/v1', 'aceso/revocation/v1')))
  then
    raise exception 'a statement is of a key of its party, or of a guardian with an appointment'
      using errcode = 'check_violation', constraint = 'statement_key';
  end if;
  return new;
end $$;
revoke execute on function identity.check_statement_key() from public;
create trigger statement_key before insert on identity.statement
  for each row execute function identity.check_statement_key();
`;
