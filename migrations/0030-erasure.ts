import type { MigrationInterface, QueryRunner } from 'typeorm';
import { EPOCHS, KEYS_ROLE } from './0030-key-epochs';
import { TOMBSTONES } from './0030-tombstones';

/** Epochs of the master keys, a role that wraps keys anew and sees nothing else, and what the erasure of a person takes away. */
export class Erasure0000000000030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(EPOCHS);
    await runner.query(KEYS_ROLE);
    await runner.query(ERASED_RECORD);
    await runner.query(ERASURE);
    await runner.query(OWNER_POLICIES);
    await runner.query(FORGETTING);
    await runner.query(ERASING);
    await runner.query(TOMBSTONES);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// The row and the ciphertext stay, so that the chain and the ledger can be checked; key and hash of the local id go. What the
// provider sends of the patient later makes a new record.
const ERASED_RECORD = `
alter table register.source_record
  alter column key_wrapped drop not null,
  alter column key_epoch drop not null,
  add column erased_at timestamptz,
  add check (num_nulls(key_wrapped, key_epoch) = case when erased_at is null then 0 else 2 end);
grant select (erased_at) on register.source_record to aceso_api, aceso_index;

create function register.keep_erased() returns trigger language plpgsql set search_path = '' as $$
begin
  raise exception 'an erased source record stays as it is' using errcode = 'restrict_violation';
end $$;
create trigger erased_stays before update on register.source_record
  for each row when (old.erased_at is not null) execute function register.keep_erased();
create trigger never_deleted before delete on register.source_record
  for each row execute function platform.refuse_change();

-- An ingest or a match that began before the erasure ends after it: what it would write of the erased is left out. The lock makes
-- one wait for the other.
create function register.leave_out_erased() returns trigger language plpgsql security definer set search_path = '' as $$
declare named uuid[];
begin
  named := case tg_table_name when 'link'
    then array[(to_jsonb(new) ->> 'first_source_record_id')::uuid, (to_jsonb(new) ->> 'second_source_record_id')::uuid]
    else array[(to_jsonb(new) ->> 'source_record_id')::uuid] end;
  perform 1 from register.source_record r where r.id = any (named) order by r.id for share;
  if exists (select from register.source_record r where r.id = any (named) and r.erased_at is not null) then
    return null;
  end if;
  return new;
end $$;
create trigger leave_out_erased before insert on register.identifier_hash
  for each row execute function register.leave_out_erased();
create trigger leave_out_erased before insert on register.link
  for each row execute function register.leave_out_erased();
`;

// source_record_id null: the whole person. entry_id: the receipt, under a key of the erasure's own, which the erasure of the
// person's openings leaves alone.
const ERASURE = `
create table register.erasure (
  statement_digest bytea primary key references identity.statement (digest),
  id uuid not null unique,
  party_id uuid not null references identity.party (id),
  person_id uuid not null references identity.patient (person_id),
  source_record_id uuid references register.source_record (id),
  records integer not null check (records >= 0),
  entry_id uuid not null unique,
  erased_at timestamptz not null,
  dead_on date not null
);
create index erasure_party on register.erasure (party_id, erased_at);
call platform.make_append_only('register.erasure');
alter table register.erasure enable row level security, force row level security;
create policy own on register.erasure for select to aceso_api using (party_id = platform.acting_party());
grant select on register.erasure to aceso_api;

-- Who erased everything signs nothing any more but a login, to keep the receipt and to be paid out.
create table identity.erased_party (
  party_id uuid primary key references identity.party (id),
  erased_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('identity.erased_party');
grant select on identity.erased_party to aceso_api, aceso_worker;

-- Rules and standing terms name diagnoses: of whoever erased everything their text goes. Digest, number and place in the chain stay.
create function identity.keep_statement() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and old.typ in ('aceso/permission-rules/v1', 'aceso/standing-terms/v1') and new.text = '{}'
    and to_jsonb(new) - 'text' = to_jsonb(old) - 'text'
    and exists (select from identity.erased_party e where e.party_id = old.party_id)
  then
    return new;
  end if;
  raise exception 'identity.statement is append-only' using errcode = 'restrict_violation';
end $$;
drop trigger append_only_rows on identity.statement;
create trigger append_only_rows before update or delete on identity.statement
  for each row execute function identity.keep_statement();

create function vault.refuse_erased() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from identity.erased_party e where e.party_id = new.party_id) then
    raise exception 'an erased party saves no contact' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger erased_saves_nothing before insert on vault.data_key
  for each row execute function vault.refuse_erased();

create or replace view ledger.own_subject with (security_invoker) as
  with me as (select nullif(current_setting('aceso.party', true), '')::uuid as party_id)
  select party_id as subject_id from me where party_id is not null
  union all
  select patient.person_id from me join identity.patient using (party_id)
  union all
  select binding.source_record_id
    from me join identity.patient using (party_id) join identity.binding using (person_id)
   where binding.ended_at is null
  union all
  select request.id from me join marketplace.request on request.buyer_id = me.party_id
  union all
  select bought.id from me join marketplace."order" bought on bought.buyer_id = me.party_id
  union all
  select erasure.id from me join register.erasure using (party_id);
`;

// The functions below work with the rights of the tables' owner, who is bound by forced policies unless he is a superuser.
const OWNER_POLICIES = `
create policy owner on register.erasure to current_user using (true) with check (true);
create policy erases on register.link to current_user using (true) with check (true);
create policy owner on identity.statement to current_user using (true) with check (true);
create policy owner on vault.data_key to current_user using (true) with check (true);
create policy owner on vault.contact to current_user using (true) with check (true);
create policy owner on platform.idempotency to current_user using (true) with check (true);
create policy owner on register.ingest to current_user using (true) with check (true);
`;

const FORGETTING = `
-- Facts of a person and the only way to them. Writers of the index hold the same lock.
create function register.forget_facts(person uuid) returns void language plpgsql set search_path = '' as $$
declare number bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended(person::text, 1));
  delete from register.person_index i where i.person_id = person returning i.index_no into number;
  if number is null then return; end if;
  delete from facts.fact f where f.index_no = number;
  with taken as (
    delete from facts.display_vote v where v.index_no = number returning v.system, v.code, v.text_hash
  ), held as (
    select d.system, d.code, d.text_hash from facts.display_text d join taken using (system, code, text_hash)
     order by d.system, d.code, d.text_hash for update of d
  )
  update facts.display_text d
     set persons = d.persons - 1, text = case when d.persons > 11 then d.text end
    from held h where d.system = h.system and d.code = h.code and d.text_hash = h.text_hash;
  delete from facts.person p where p.index_no = number;
end $$;

-- Key, hashes, links, waiting lines and bindings of source records. The gates are raised by the caller, first of all.
create function register.destroy_records(records uuid[]) returns void language plpgsql set search_path = '' as $$
declare beside uuid[];
begin
  perform 1 from register.source_record r where r.id = any (records) order by r.id for update;
  with removed as (
    delete from register.link l
     where l.first_source_record_id = any (records) or l.second_source_record_id = any (records)
    returning l.first_source_record_id, l.second_source_record_id
  )
  select coalesce(array_agg(r.first_source_record_id) || array_agg(r.second_source_record_id), '{}') into beside
    from removed r;
  delete from register.identifier_hash h where h.source_record_id = any (records);
  with removed as (
    delete from register.quarantine q using register.source_record r
     where r.id = any (records) and q.provider_id = r.provider_id and q.waiting_for = r.local_id_hash
    returning q.ingest_id, q.became
  ), counted as (
    select ingest_id, count(*)::integer as waited from removed where became is null group by ingest_id
  )
  update register.ingest i set expired = i.expired + counted.waited from counted where i.id = counted.ingest_id;
  update identity.binding b set ended_at = greatest(clock_timestamp(), b.bound_at)
   where b.source_record_id = any (records) and b.ended_at is null;
  update register.source_record r
     set key_wrapped = null, key_epoch = null, erased_at = clock_timestamp(),
         local_id_hash = sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
   where r.id = any (records) and r.erased_at is null;
  perform register.tell_apart(records || beside);
end $$;

-- What else is left of a person who erases everything: contact and its key, terms, stored answers, other devices. kept_did: the
-- key that holds the receipt; null where it is not known, and then all of them do.
create function register.forget_person(person uuid, party uuid, kept_did text) returns void
language plpgsql set search_path = '' as $$
begin
  delete from vault.contact c where c.party_id = party;
  delete from vault.data_key k where k.party_id = party;
  delete from consent.discovery_terms t where t.person_id = person;
  delete from consent.standing_terms t where t.person_id = person;
  delete from consent.permission_rule r where r.person_id = person;
  delete from consent.permission_set s where s.person_id = person;
  insert into identity.erased_party (party_id) values (party) on conflict do nothing;
  update identity.statement s set text = '{}'
   where s.party_id = party and s.typ in ('aceso/permission-rules/v1', 'aceso/standing-terms/v1');
  delete from extraction.date_shift s where s.person_id = person;
  delete from register.repeated_person p where p.person_id = person;
  delete from platform.idempotency i where i.actor_id = party;
  update extraction.member m set class_number = null where m.person_id = person and m.class_number is not null;
  if kept_did is not null then
    update identity.party_key k set revoked_at = greatest(clock_timestamp(), k.added_at)
     where k.party_id = party and k.did <> kept_did and k.revoked_at is null;
  end if;
end $$;

-- The openings follow in a batch with those of others (ADR 13).
create function register.queue_openings(subjects uuid[]) returns void language sql set search_path = '' as $$
  insert into ledger.awaiting_erasure (subject_id, basis)
    select s, 'gdpr-17-1-b' from unnest(subjects) s
     where not exists (select from ledger.erased_subject e where e.subject_id = s)
  on conflict (subject_id) do nothing
$$;
do $$
declare name text;
begin
  foreach name in array array['forget_facts(uuid)', 'destroy_records(uuid[])', 'forget_person(uuid, uuid, text)',
                              'queue_openings(uuid[])'] loop
    execute format('revoke execute on function register.%s from public', name);
  end loop;
end $$;
`;

// The process on the network asks for the erasure of its acting party's own, with a statement of that party that was not used
// before. It can do it to nobody else.
const ERASING = `
create function register.erase(statement bytea, erasure uuid, record uuid, entry uuid, dead date) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  signed identity.statement;
  person uuid;
  records uuid[];
begin
  select * into signed from identity.statement s where s.digest = statement;
  select p.person_id into person from identity.patient p where p.party_id = platform.acting_party();
  if person is null or signed.typ is distinct from 'aceso/erasure/v1' or signed.party_id <> platform.acting_party() then
    raise exception 'an erasure rests on a statement of the acting patient' using errcode = 'insufficient_privilege';
  end if;
  records := array(
    select b.source_record_id from identity.binding b
     where b.person_id = person and b.ended_at is null and (record is null or b.source_record_id = record)
     order by b.source_record_id
  );
  if record is not null and cardinality(records) = 0 then
    raise exception 'the source record is not bound to the acting patient' using errcode = 'insufficient_privilege';
  end if;
  perform register.destroy_records(records);
  perform register.forget_facts(person);
  if record is null then
    perform register.forget_person(person, signed.party_id, signed.did);
    perform register.queue_openings(records || person || signed.party_id);
  else
    perform register.queue_openings(records);
  end if;
  insert into register.erasure values (
    statement, erasure, signed.party_id, person, record, cardinality(records), entry, clock_timestamp(), dead
  );
  insert into platform.tombstone (id) values (platform.tombstone_of(statement)) on conflict do nothing;
  return cardinality(records);
end $$;
revoke execute on function register.erase(bytea, uuid, uuid, uuid, date) from public;
grant execute on function register.erase(bytea, uuid, uuid, uuid, date) to aceso_api;
`;
