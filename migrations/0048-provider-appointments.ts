import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A provider alone appoints parents only: any other guardian that it appoints waits for an officer, those of before too. */
export class ProviderAppointments0000000000048 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CHECKS);
    await runner.query(STANDING);
    await runner.query(READING);
    await runner.query(STATEMENTS);
    await runner.query(GRANTS);
    await runner.query(FIRST_FETCH);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A row says what its statement says, else it could call a guardian a parent who is none. A confirmation is of an officer who is active,
// and names the appointment.
const CHECKS = `
create or replace function identity.check_appointment() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    if new.confirmed_with is not null or new.ended_with is not null or not exists (
      select from identity.statement s join identity.party p on p.id = s.party_id
       where s.digest = new.statement_digest and s.party_id = new.appointer_id and s.appointment_digest is null
         and s.text::jsonb #>> '{payload,guardian}' = new.guardian_id::text
         and s.text::jsonb #>> '{payload,scope}' = new.scope
         and (s.typ = 'aceso/guardian-appointment/v1' and p.role in ('provider', 'officer')
              and s.text::jsonb #>> '{payload,ward}' = new.ward_id::text
              and s.text::jsonb #>> '{payload,kind}' = new.kind
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
       where s.digest = new.confirmed_with and s.typ = 'aceso/guardian-confirmation/v1' and s.party_id = new.confirmed_by
         and s.text::jsonb #>> '{payload,appointment}' = encode(new.statement_digest, 'hex')
         and identity.is_active(p.id, clock_timestamp()))
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
`;

// Who needs no officer's word beside its own: the ward that names a proxy, and a provider that names a parent. domain/authority.ts says
// the same.
const STANDING = `
create or replace view identity.standing_appointment with (security_barrier) as
  select a.statement_digest, a.ward_id, a.guardian_id, a.kind, a.scope
    from identity.guardian_appointment a join identity.party p on p.id = a.appointer_id
   where a.ended_at is null and a.until > now()
     and (p.role = 'patient' or p.role = 'provider' and a.kind = 'parent' or a.confirmed_with is not null);

create function identity.is_vouched(appointment bytea) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from identity.guardian_appointment a join identity.party p on p.id = a.appointer_id
     where a.statement_digest = appointment
       and (p.role = 'patient' or p.role = 'provider' and a.kind = 'parent' or a.confirmed_with is not null))
$$;
revoke execute on function identity.is_vouched(bytea) from public;
grant execute on function identity.is_vouched(bytea) to aceso_api, aceso_worker;
`;

// A parent reads for nobody whose birth is unknown; for whom a known birth is too early is judged where the age of majority is set.
const READING = `
create or replace function identity.reads_for(guardian uuid, person uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select guardian = platform.acting_party() and exists (
    select from identity.standing_appointment a join identity.patient ward on ward.party_id = a.ward_id
     where a.guardian_id = guardian and ward.person_id = person and a.scope <> 'research'
       and (a.kind <> 'parent' or exists (
         select from register.person_index i join facts.person f on f.index_no = i.index_no
          where i.person_id = person and f.birth_month is not null)))
$$;
`;

const STATEMENTS = `
create or replace function identity.check_statement_key() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (
    select from identity.party_key k
     where k.did = new.did and (
       new.appointment_digest is null and k.party_id = new.party_id
       or exists (select from identity.guardian_appointment a
                   where a.statement_digest = new.appointment_digest and a.ward_id = new.party_id
                     and a.guardian_id = k.party_id and a.ended_at is null and a.until > new.accepted_at
                     and identity.is_vouched(a.statement_digest)
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
     and (s.appointment_digest is null
          or a.ended_at is null and a.until > now() and identity.is_vouched(a.statement_digest));
`;

// What was fetched before is not called back by this: an officer may confirm yet, and a list cannot be taken back. Whoever ends the
// appointment calls it back.
const FIRST_FETCH = `
create or replace function extraction.moved_persons(released uuid, minor_from text) returns setof uuid
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
          or a.statement_digest is not null and not identity.is_vouched(a.statement_digest)
          or a.kind = 'parent' and coalesce(left(f.birth_month || '-01', 7) < minor_from, true))
$$;
`;
