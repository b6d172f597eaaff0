// What a party whose licence is suspended or revoked cannot do, whatever the program asks for. Each check holds the party's row, so
// that a freeze comes either before an act or after its end.

// Kinds that a stopped party still signs: what opens its reading, and what narrows. `whileStopped` of the kinds in
// libs/identity and libs/consent; a test compares the two. A registration makes the party.
export const STATEMENTS = `
create table identity.statement_while_stopped (typ text primary key);
insert into identity.statement_while_stopped values
  ('aceso/registration/v1'), ('aceso/login/v1'), ('aceso/key-revocation/v1'), ('aceso/revocation/v1'), ('aceso/licence-appeal/v1');
call platform.make_append_only('identity.statement_while_stopped');

create function identity.check_signer() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select from identity.statement_while_stopped w where w.typ = new.typ) then
    perform identity.require_active(array[new.party_id], new.accepted_at);
  end if;
  return new;
end $$;
create trigger signer_active before insert on identity.statement
  for each row execute function identity.check_signer();
revoke execute on function identity.check_signer() from public;
grant select on identity.statement_while_stopped to aceso_api;
`;

// Uploads, ingests and the segments that come of them: COPY fires the trigger once.
export const RECORDS = `
create function register.check_sender() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform identity.require_active(array[new.provider_id], clock_timestamp());
  return new;
end $$;
create trigger sender_active before insert on register.upload
  for each row execute function register.check_sender();
create trigger receiver_active before update of state on register.upload
  for each row when (new.state = 'received') execute function register.check_sender();
create trigger sender_active before insert on register.ingest
  for each row execute function register.check_sender();

create function register.check_writer() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform identity.require_active(
    array(select distinct r.provider_id from added join register.source_record r on r.id = added.source_record_id),
    clock_timestamp());
  return null;
end $$;
create trigger writer_active after insert on register.segment referencing new table as added
  for each statement execute function register.check_writer();
revoke execute on function register.check_sender(), register.check_writer() from public;
`;

// A release needs its buyer, and the provider of every record in it.
export const ORDERS = `
create function extraction.check_release() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform identity.require_active(
    array(select o.buyer_id from marketplace."order" o where o.id = new.order_id
          union select unnest(m.provider_ids) from extraction.member m where m.attempt_id = new.attempt_id and m.state = 'emitted'),
    clock_timestamp());
  return new;
end $$;
create trigger release_active before insert on extraction.package
  for each row execute function extraction.check_release();
revoke execute on function extraction.check_release() from public;

alter table extraction.attempt drop constraint attempt_reason_check, add constraint attempt_reason_check
  check (reason in ('GATE_MOVED', 'K_NOT_REACHED', 'RISK_TOO_HIGH', 'WORK_FAILED', 'BUYER_STOPPED'));
alter table marketplace."order" drop constraint order_reason_check, add constraint order_reason_check
  check (reason in ('COHORT_TOO_SMALL', 'K_NOT_REACHED', 'RISK_TOO_HIGH', 'GATE_MOVED', 'RECORD_UNREADABLE',
                    'ATTEMPTS_EXHAUSTED', 'CANCELLED_BY_BUYER', 'COMPOSITION_TOO_NARROW', 'BUYER_STOPPED'));

-- Since when a party has been stopped without a break, and whether for good; no row of a party that may act.
create function identity.stopped_since(party uuid, moment timestamptz) returns table (since timestamptz, revoked boolean)
language sql stable security definer set search_path = '' as $$
  select max(s.at) filter (where s.doer in ('officer', 'operator')),
         (array_agg(s.state order by s.number desc))[1] = 'revoked'
    from identity.licence_step s
   where s.party_id = party and not identity.is_active(party, moment)
  having count(*) > 0
$$;
revoke execute on function identity.stopped_since(uuid, timestamptz) from public;
grant execute on function identity.stopped_since(uuid, timestamptz) to aceso_worker;
`;

export const FETCHES = `
create function extraction.check_fetch() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform identity.require_active(
    array(select o.buyer_id from extraction.package p join marketplace."order" o on o.id = p.order_id where p.id = new.package_id),
    clock_timestamp());
  return new;
end $$;
create trigger fetch_active before insert on extraction.fetch
  for each row execute function extraction.check_fetch();
revoke execute on function extraction.check_fetch() from public;
`;

// A patient's account is its person's.
export const PAYOUTS = `
create function settlement.check_payee() returns trigger language plpgsql security definer set search_path = '' as $$
declare
  owners uuid[] := array(
    select coalesce(patient.party_id, a.owner_id)
      from settlement.posting p join settlement.account a on a.id = p.account_id
      left join identity.patient on a.kind = 'patient' and patient.person_id = a.owner_id
     where p.transfer_id = new.id and a.kind <> 'outside');
begin
  perform identity.hold_active(owners, clock_timestamp());
  if exists (select from unnest(owners) as payee (id) where not identity.is_active(payee.id, clock_timestamp())) then
    raise exception 'nothing is paid out to a party whose licence is suspended or revoked'
      using errcode = 'check_violation', constraint = 'party_active';
  end if;
  return null;
end $$;
create constraint trigger payee_active after insert on settlement.transfer
  deferrable initially deferred for each row when (new.kind = 'payout') execute function settlement.check_payee();
revoke execute on function settlement.check_payee() from public;
`;
