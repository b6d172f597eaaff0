import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A patient who lost every key gets a new one through providers that attest the person, after a waiting period with a veto. */
export class Recovery0000000000033 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(RECOVERIES);
    await runner.query(NOTICES);
    await runner.query(KEYS);
    await runner.query(READING);
    await runner.query(ENDING);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// `text` of a recovery stands here and not in identity.statement: its key belongs to nobody until the recovery is finished.
// `recorded_at` is the database's own clock, so that no process on the network makes the waiting period shorter.
const RECOVERIES = `
create table identity.recovery_attestation (
  statement_digest bytea primary key references identity.statement (digest),
  attester_id uuid not null references identity.party (id),
  source_record_id uuid not null,
  did text not null,
  attested_at timestamptz not null
);
create index recovery_attestation_did on identity.recovery_attestation (did);
call platform.make_append_only('identity.recovery_attestation');

create table identity.recovery (
  statement_digest bytea primary key check (octet_length(statement_digest) = 32),
  party_id uuid not null references identity.patient (party_id),
  did text not null unique check (did ~ '^did:key:z(6Mk|Dn)[1-9A-HJ-NP-Za-km-z]+$' and length(did) <= 80),
  kind text not null check (kind in ('Ed25519', 'WebAuthn-ES256', 'WebAuthn-EdDSA')),
  sign_count bigint not null check (sign_count between 0 and 4294967295),
  text text not null check (octet_length(text) <= 65536),
  revoke_others boolean not null,
  attestation_digest bytea not null references identity.recovery_attestation (statement_digest),
  requested_at timestamptz not null,
  waits_until timestamptz not null check (waits_until >= requested_at + interval '1 day'),
  expires_at timestamptz not null check (expires_at > waits_until),
  recorded_at timestamptz not null default clock_timestamp(),
  outcome text check (outcome in ('finished', 'vetoed')),
  ended_at timestamptz,
  vetoed_with bytea unique references identity.statement (digest),
  check ((outcome is null) = (ended_at is null)),
  check ((outcome is not distinct from 'vetoed') = (vetoed_with is not null))
);
create index recovery_party on identity.recovery (party_id);

alter table identity.recovery_attestation enable row level security, force row level security;
create policy own on identity.recovery_attestation to aceso_api
  using (attester_id = platform.acting_party()) with check (attester_id = platform.acting_party());
create policy owner on identity.recovery_attestation to current_user using (true) with check (true);
alter table identity.recovery enable row level security, force row level security;
create policy own on identity.recovery to aceso_api
  using (party_id = platform.acting_party()) with check (party_id = platform.acting_party());
create policy owner on identity.recovery to current_user using (true) with check (true);
grant select, insert on identity.recovery_attestation to aceso_api;
grant select, insert (statement_digest, party_id, did, kind, sign_count, text, revoke_others, attestation_digest,
                      requested_at, waits_until, expires_at) on identity.recovery to aceso_api;

create function identity.check_recovery() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    if old.outcome is not null
      or to_jsonb(new) - array['outcome', 'ended_at', 'vetoed_with']
         <> to_jsonb(old) - array['outcome', 'ended_at', 'vetoed_with']
    then
      raise exception 'a recovery ends once, and nothing else of it changes'
        using errcode = 'restrict_violation', constraint = 'recovery_history';
    end if;
    return new;
  end if;
  if new.waits_until < clock_timestamp() + (new.waits_until - new.requested_at) - interval '5 minutes' then
    raise exception 'a waiting period begins when it is recorded'
      using errcode = 'check_violation', constraint = 'recovery_waits';
  end if;
  if not exists (
    select from identity.recovery_attestation a
      join identity.party p on p.id = a.attester_id and p.role = 'provider'
      join identity.binding b on b.source_record_id = a.source_record_id and b.ended_at is null
       and b.provider_id = a.attester_id
      join identity.patient patient on patient.person_id = b.person_id and patient.party_id = new.party_id
     where a.statement_digest = new.attestation_digest and a.did = new.did)
  then
    raise exception 'a recovery rests on the word of a provider for a record that is bound to the patient'
      using errcode = 'check_violation', constraint = 'recovery_attested';
  end if;
  return new;
end $$;
create trigger recovery_checked before insert or update on identity.recovery
  for each row execute function identity.check_recovery();
create trigger never_deleted before delete on identity.recovery
  for each row execute function platform.refuse_change();
revoke execute on function identity.check_recovery() from public;
`;

// Written by the database itself: no recovery goes on without its notice.
const NOTICES = `
create table identity.notice (
  number bigint generated always as identity primary key,
  party_id uuid not null references identity.party (id),
  kind text not null check (kind in ('recovery-requested', 'recovery-vetoed', 'recovery-finished')),
  recovery_digest bytea not null references identity.recovery (statement_digest),
  noticed_at timestamptz not null
);
create index notice_party on identity.notice (party_id, number);
call platform.make_append_only('identity.notice');
alter table identity.notice enable row level security, force row level security;
create policy own on identity.notice for select to aceso_api using (party_id = platform.acting_party());
create policy owner on identity.notice to current_user using (true) with check (true);
grant select on identity.notice to aceso_api;

create function identity.notice_recovery() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into identity.notice (party_id, kind, recovery_digest, noticed_at)
    values (new.party_id, 'recovery-' || coalesce(new.outcome, 'requested'), new.statement_digest,
            coalesce(new.ended_at, new.requested_at));
  return null;
end $$;
revoke execute on function identity.notice_recovery() from public;
create trigger recovery_noticed after insert or update on identity.recovery
  for each row execute function identity.notice_recovery();
`;

// A recovered key signs nothing that permits until \`restricted_until\`. The process on the network gives a party no key but by
// an addition that another key of the party signed, which was not restricted itself, or by a registration.
const KEYS = `
alter table identity.party_key
  add column recovered_with bytea unique references identity.recovery (statement_digest),
  add column restricted_until timestamptz,
  add check ((recovered_with is null) = (restricted_until is null)),
  add check (recovered_with is null or added_with is null);

create function identity.check_key_origin() returns trigger language plpgsql set search_path = '' as $$
begin
  if current_user <> 'aceso_api' then return new; end if;
  if new.recovered_with is not null
    or new.added_with is null and exists (select from identity.party_key k where k.party_id = new.party_id)
    or new.added_with is not null and not exists (
      select from identity.statement s join identity.party_key k on k.did = s.did and k.party_id = new.party_id
       where s.digest = new.added_with and s.typ = 'aceso/key-addition/v1' and s.party_id = new.party_id
         and (k.restricted_until is null or k.restricted_until <= clock_timestamp() + interval '5 minutes'))
  then
    raise exception 'a key comes by registration, by an addition or by a finished recovery'
      using errcode = 'check_violation', constraint = 'party_key_origin';
  end if;
  return new;
end $$;
create trigger key_origin before insert on identity.party_key
  for each row execute function identity.check_key_origin();

create function identity.keep_restriction() returns trigger language plpgsql set search_path = '' as $$
begin
  if (new.recovered_with, new.restricted_until) is distinct from (old.recovered_with, old.restricted_until) then
    raise exception 'how a key came does not change'
      using errcode = 'restrict_violation', constraint = 'party_key_history';
  end if;
  return new;
end $$;
create trigger restriction_stays before update on identity.party_key
  for each row execute function identity.keep_restriction();

-- domain/recovered-key.ts has the same list; which rules and terms of these kinds only narrow is judged there.
create function identity.refuse_restricted() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.typ not in ('aceso/login/v1', 'aceso/revocation/v1', 'aceso/discovery-terms/v1', 'aceso/permission-rules/v1',
                     'aceso/key-revocation/v1')
    and exists (select from identity.party_key k where k.did = new.did and k.restricted_until > new.accepted_at)
  then
    raise exception 'a recovered key permits nothing before its time'
      using errcode = 'check_violation', constraint = 'statement_restricted_key';
  end if;
  return new;
end $$;
create trigger restricted_keys before insert on identity.statement
  for each row execute function identity.refuse_restricted();
revoke execute on function identity.refuse_restricted() from public;
`;

// What whoever judges a recovery reads, whoever acts. Earning is money in an account, a grant that stands, or terms that answer.
const READING = `
create policy recovery on consent.revocation for select to current_user using (true);

create function identity.recovery_vouchers(new_did text)
returns table (text text, attested_at timestamptz, attester_id uuid, attester_role text, attester_active boolean,
               keys jsonb, group_ids uuid[], holder_id uuid, person_id uuid, party_id uuid)
language sql stable security definer set search_path = '' as $$
  select s.text, s.accepted_at, p.id, p.role, identity.is_active(p.id, clock_timestamp()), (
           select jsonb_agg(jsonb_build_object('did', k.did, 'kind', k.kind,
                    'addedAt', (extract(epoch from k.added_at) * 1000)::float8,
                    'until', (extract(epoch from least(k.revoked_at, k.compromised_since)) * 1000)::float8))
             from identity.party_key k where k.party_id = p.id
         ), array(select * from identity.affiliates(p.id)), b.provider_id, b.person_id, patient.party_id
    from identity.recovery_attestation a
    join identity.statement s on s.digest = a.statement_digest
    join identity.party p on p.id = a.attester_id
    left join identity.binding b on b.source_record_id = a.source_record_id and b.ended_at is null
    left join identity.patient patient on patient.person_id = b.person_id
   where a.did = new_did
   order by a.attested_at, a.statement_digest
$$;
revoke execute on function identity.recovery_vouchers(text) from public;
grant execute on function identity.recovery_vouchers(text) to aceso_api;

create function identity.acting_person_earns() returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from identity.patient me
      join settlement.account a on a.kind = 'patient' and a.owner_id = me.person_id
      join settlement.posting p on p.account_id = a.id
     where me.party_id = platform.acting_party()
     group by a.id having sum(p.amount_minor) > 0
  ) or exists (
    select from identity.patient me join consent.grant g on g.person_id = me.person_id and g.expires_at > clock_timestamp()
     where me.party_id = platform.acting_party()
       and not exists (select from consent.revocation r where r.grant_digest = g.digest)
  ) or exists (
    select from identity.patient me join consent.standing_terms t on t.person_id = me.person_id
     where me.party_id = platform.acting_party() and t.mode = 'answer-for-me' and t.expires_at > clock_timestamp()
  )
$$;
revoke execute on function identity.acting_person_earns() from public;
grant execute on function identity.acting_person_earns() to aceso_api;
`;

// The two ways in which a recovery ends. Five minutes are what clocks of servers may differ.
const ENDING = `
create function identity.veto_recovery(recovery bytea, veto bytea) returns text
language plpgsql security definer set search_path = '' as $$
declare r identity.recovery; signed identity.statement;
begin
  select * into r from identity.recovery o
   where o.statement_digest = recovery and o.party_id = platform.acting_party() for update;
  if r.statement_digest is null then return 'unknown'; end if;
  if r.outcome is not null then return r.outcome; end if;
  select * into signed from identity.statement s where s.digest = veto;
  if signed.typ is distinct from 'aceso/recovery-veto/v1' or signed.party_id <> r.party_id then
    raise exception 'a veto rests on a statement of the patient' using errcode = 'insufficient_privilege';
  end if;
  update identity.recovery o set outcome = 'vetoed', vetoed_with = veto,
         ended_at = greatest(signed.accepted_at, o.requested_at)
   where o.statement_digest = recovery;
  return null;
end $$;
revoke execute on function identity.veto_recovery(bytea, bytea) from public;
grant execute on function identity.veto_recovery(bytea, bytea) to aceso_api;

create function identity.finish_recovery(recovery bytea, finished_at timestamptz) returns text
language plpgsql security definer set search_path = '' as $$
declare r identity.recovery; first uuid; others text[];
begin
  select * into r from identity.recovery o
   where o.statement_digest = recovery and o.party_id = platform.acting_party() for update;
  if r.statement_digest is null or r.outcome is not null then return coalesce(r.outcome, 'unknown'); end if;
  select a.attester_id into first from identity.recovery_attestation a where a.statement_digest = r.attestation_digest;
  if finished_at < r.waits_until or finished_at >= r.expires_at
    or clock_timestamp() + interval '5 minutes' < r.recorded_at + (r.waits_until - r.requested_at)
    or exists (
      select from identity.recovery o where o.party_id = r.party_id and o.outcome is null and o.did <> r.did
         and o.expires_at > finished_at)
    or identity.acting_person_earns() and not exists (
      select from identity.recovery_vouchers(r.did) v
       where v.party_id = r.party_id and v.attester_id not in (select * from identity.affiliates(first)))
  then
    raise exception 'the recovery is not due' using errcode = 'check_violation', constraint = 'recovery_due';
  end if;
  if exists (select from identity.party_key k where k.did = r.did) then return 'taken'; end if;
  others := array(select k.did from identity.party_key k
                   where k.party_id = r.party_id and k.revoked_at is null order by k.added_at, k.did for update);
  -- The last of the others ends after the new one lives: a party has a key at every moment, and eight at most.
  if r.revoke_others then
    perform identity.end_keys(others[2:], finished_at);
  end if;
  update identity.recovery o set outcome = 'finished', ended_at = finished_at where o.statement_digest = recovery;
  insert into identity.party_key (did, party_id, kind, sign_count, added_at, recovered_with, restricted_until)
    values (r.did, r.party_id, r.kind, r.sign_count, finished_at, recovery,
            greatest(finished_at, clock_timestamp()) + (r.waits_until - r.requested_at));
  if r.revoke_others then
    perform identity.end_keys(others[1:1], finished_at);
  end if;
  return null;
end $$;

-- A key ends no earlier than what it signed was accepted.
create function identity.end_keys(dids text[], at timestamptz) returns void language sql set search_path = '' as $$
  update identity.party_key k
     set revoked_at = greatest(at, k.added_at, (select max(s.accepted_at) from identity.statement s where s.did = k.did))
   where k.did = any (dids) and k.revoked_at is null
$$;
revoke execute on function identity.end_keys(text[], timestamptz) from public;
revoke execute on function identity.finish_recovery(bytea, timestamptz) from public;
grant execute on function identity.finish_recovery(bytea, timestamptz) to aceso_api;
`;
