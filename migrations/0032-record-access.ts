import type { MigrationInterface, QueryRunner } from 'typeorm';
import { DISCLOSURES, EMERGENCIES } from './0032-outside-of-rules';

/** People read and write records: openings that the database asks for, writes of physicians, emergencies, disclosures. */
export class RecordAccess0000000000032 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(WHY);
    await runner.query(OPENINGS);
    await runner.query(WRITES);
    await runner.query(EMERGENCIES);
    await runner.query(DISCLOSURES);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Why and under what: codes and the number of a rule, for the patient who looks at who looked. An order stands in the seal only.
const WHY = `
alter table audit.access_event
  add column purpose text check (purpose ~ '^[a-z][a-z-]{1,39}$'),
  add column basis text check (basis ~ '^[a-z][a-z-]{1,39}$'),
  add column rule integer check (rule between 1 and 1000),
  add column provider_id uuid;
`;

// Role api reads no segment by itself: these functions hand out what the acting party has a fresh opening of, and an opening names a
// committed access event of the same party. So no path of the api reads without a trace, whatever its code says.
const OPENINGS = `
create table register.record_opening (
  access_event_id uuid not null references audit.access_event (id),
  source_record_id uuid not null references register.source_record (id),
  actor_id uuid not null references identity.party (id),
  opened_at timestamptz not null default clock_timestamp(),
  transaction_id xid8 not null default pg_current_xact_id(),
  primary key (access_event_id, source_record_id)
);
create index record_opening_actor on register.record_opening (actor_id, source_record_id, opened_at desc);
call platform.make_append_only('register.record_opening');
alter table register.record_opening enable row level security, force row level security;
create policy owner on register.record_opening to current_user using (true) with check (true);
create policy own on register.record_opening to aceso_api
  using (actor_id = platform.acting_party()) with check (actor_id = platform.acting_party());
grant insert (access_event_id, source_record_id, actor_id), select on register.record_opening to aceso_api;

-- As the one who inserts, who sees its own events only. A patient opens what is bound to it, nothing else.
create function register.check_opening() returns trigger language plpgsql set search_path = '' as $$
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
       and identity.is_active(actor.id, clock_timestamp()) and actor.role in ('patient', 'physician', 'officer') and (actor.role <> 'patient' or own.person_id = b.person_id))
  then
    raise exception 'a record is opened that is bound to the person of the event'
      using errcode = 'check_violation', constraint = 'record_opening_bound';
  end if;
  return new;
end $$;
create trigger opening_checked before insert on register.record_opening
  for each row execute function register.check_opening();

-- Written by this transaction it is no opening yet: what is read has an event that has committed.
create function register.is_opened(record uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from register.record_opening o
     where o.actor_id = platform.acting_party() and o.source_record_id = record
       and o.opened_at > clock_timestamp() - interval '1 hour' and o.transaction_id is distinct from pg_current_xact_id_if_assigned())
$$;

create function register.opened_segments(record uuid, after integer, up_to integer, bytes_max integer)
returns table (sequence integer, digest bytea, header bytea, sealed bytea, key_wrapped bytea, versions bytea)
language sql stable security definer set search_path = '' as $$
  select sized.sequence, sized.digest, sized.header, sized.sealed, sized.key_wrapped, sized.versions from (
    select page.*, sum(octet_length(page.sealed)) over (order by page.sequence) - octet_length(page.sealed) as before
    from (select * from register.segment s
           where s.source_record_id = record and s.sequence > after and s.sequence <= up_to and register.is_opened(record)
           order by s.sequence limit 64) page) sized
   where before < bytes_max order by sized.sequence
$$;

-- From the newest segment below a number; a page of about so many bytes.
create function register.opened_versions(record uuid, below integer, bytes_max integer)
returns table (sequence integer, versions bytea) language sql stable security definer set search_path = '' as $$
  select sized.sequence, sized.versions from (
    select page.*, sum(octet_length(page.versions)) over (order by page.sequence desc) - octet_length(page.versions) as before
    from (select s.sequence, s.versions from register.segment s
           where s.source_record_id = record and s.sequence < below and register.is_opened(record)
           order by s.sequence desc limit 1000) page) sized
   where before < bytes_max order by sized.sequence desc
$$;
revoke execute on function register.is_opened(uuid), register.opened_segments(uuid, integer, integer, integer),
  register.opened_versions(uuid, integer, integer) from public;
grant execute on function register.opened_segments(uuid, integer, integer, integer),
  register.opened_versions(uuid, integer, integer) to aceso_api;
grant select (key_version, key_wrapped, key_epoch) on register.source_record to aceso_api;
`;

// A physician writes for a provider that it is a member of, into a record of that provider which is bound. One write, one segment.
const WRITES = `
create table register.record_write (
  id uuid primary key,
  source_record_id uuid not null references register.source_record (id),
  physician_id uuid not null references identity.party (id),
  provider_id uuid not null references identity.party (id),
  rules integer[] not null check (cardinality(rules) between 1 and 1000),
  rules_digest bytea not null references identity.statement (digest),
  access_event_id uuid not null unique references audit.access_event (id),
  written_at timestamptz not null,
  transaction_id xid8 not null default pg_current_xact_id()
);
create index record_write_record on register.record_write (source_record_id);
call platform.make_append_only('register.record_write');
alter table register.record_write enable row level security, force row level security;
create policy owner on register.record_write to current_user using (true) with check (true);
create policy own on register.record_write to aceso_api
  using (physician_id = platform.acting_party()) with check (physician_id = platform.acting_party());
create policy work on register.record_write for select to aceso_worker using (true);
grant select, insert (id, source_record_id, physician_id, provider_id, rules, rules_digest, access_event_id, written_at)
  on register.record_write to aceso_api;
grant select on register.record_write to aceso_worker;

create function register.check_write() returns trigger language plpgsql set search_path = '' as $$
begin
  if not exists (
    select from register.source_record r
      join identity.binding b on b.source_record_id = r.id and b.ended_at is null
      join identity.party p on p.id = new.physician_id and p.role = 'physician' and identity.is_active(p.id, clock_timestamp())
     where r.id = new.source_record_id and r.kind = 'patient' and r.provider_id = new.provider_id
       and new.provider_id in (select identity.providers_of(new.physician_id)))
  then
    raise exception 'a physician writes into a bound record of its provider'
      using errcode = 'check_violation', constraint = 'record_write_member';
  end if;
  return new;
end $$;
create trigger write_checked before insert on register.record_write
  for each row execute function register.check_write();

-- The one segment of a write, at the end of the chain; false where the head is no longer where the writer saw it.
create function register.write_segment(
  write_id uuid, expected integer, digest bytea, previous bytea, header bytea, sealed bytea, key_wrapped bytea, versions bytea,
  entry uuid
) returns boolean language plpgsql security definer set search_path = '' as $$
declare record uuid;
begin
  select w.source_record_id into record from register.record_write w
   where w.id = write_id and w.physician_id = platform.acting_party()
     and w.transaction_id = pg_current_xact_id_if_assigned()
     and not exists (select from register.segment s where s.ingest_id = write_id);
  if record is null then
    raise exception 'a segment belongs to a write' using errcode = 'check_violation', constraint = 'segment_of_write';
  end if;
  update register.source_record r set head_sequence = expected + 1, head_digest = write_segment.digest
   where r.id = record and r.head_sequence = expected;
  if not found then return false; end if;
  insert into register.segment values
    (record, expected + 1, digest, previous, header, sealed, key_wrapped, versions, write_id, entry);
  return true;
end $$;
-- Names in the version lists of the record that a write of this very transaction goes into: keyed hashes, no content.
create function register.versions_of_write(record uuid, after integer) returns table (sequence integer, versions bytea)
language sql stable security definer set search_path = '' as $$
  select s.sequence, s.versions from register.segment s
   where s.source_record_id = record and s.sequence > after
     and exists (select from register.record_write w where w.source_record_id = record and w.physician_id = platform.acting_party()
                  and w.transaction_id = pg_current_xact_id_if_assigned())
   order by s.sequence limit 100
$$;
revoke execute on function register.versions_of_write(uuid, integer) from public;
grant execute on function register.versions_of_write(uuid, integer) to aceso_api;
revoke execute on function register.write_segment(uuid, integer, bytea, bytea, bytea, bytea, bytea, bytea, uuid) from public;
grant execute on function register.write_segment(uuid, integer, bytea, bytea, bytea, bytea, bytea, bytea, uuid) to aceso_api;
`;
