import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Links end and can be confirmed anew; a provider takes a record back that it held on somebody else. */
export class UnlinkAndRetraction0000000000036 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(GATE);
    await runner.query(LINK_ENDS);
    await runner.query(UNLINK);
    await runner.query(RETRACTION);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

const GATE = `
alter table identity.patient_gate drop constraint patient_gate_narrowed_by_check,
  add constraint patient_gate_narrowed_by_check
    check (narrowed_by in ('revocation', 'terms', 'rules', 'key-revoked', 'unlink', 'retraction', 'erasure', 'freeze',
                           'authority-ended', 'majority'));
`;

// A confirmation stays as it was signed; another row ends it. Of one pair of records one confirmation stands at most.
const LINK_ENDS = `
create table identity.link_end (
  confirmation_digest bytea primary key references identity.link_confirmation (statement_digest),
  statement_digest bytea not null references identity.statement (digest),
  person_id uuid not null references identity.patient (person_id),
  ended_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('identity.link_end');
alter table identity.link_end enable row level security, force row level security;
create policy owner on identity.link_end to current_user using (true) with check (true);
create policy owner on identity.link_confirmation for select to current_user using (true);
create policy work on identity.link_end for select to aceso_worker using (true);
create policy own on identity.link_end for select to aceso_api
  using (person_id in (select p.person_id from identity.patient p where p.party_id = platform.acting_party()));
grant select on identity.link_end to aceso_api, aceso_worker;

do $$
declare name text;
begin
  for name in select c.conname from pg_constraint c
    where c.conrelid = 'identity.link_confirmation'::regclass and c.contype = 'u' loop
    execute format('alter table identity.link_confirmation drop constraint %I', name);
  end loop;
end $$;
create index link_confirmation_pair
  on identity.link_confirmation (person_id, first_source_record_id, second_source_record_id);

create view identity.standing_link with (security_invoker) as
  select c.* from identity.link_confirmation c
   where not exists (select from identity.link_end e where e.confirmation_digest = c.statement_digest);
grant select on identity.standing_link to aceso_api, aceso_worker;

create function identity.check_standing_link() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(new.person_id::text, 2));
  if 1 < (
    select count(*) from identity.standing_link s where s.person_id = new.person_id
       and s.first_source_record_id = new.first_source_record_id
       and s.second_source_record_id = new.second_source_record_id
  ) then
    raise exception 'the link stands' using errcode = 'unique_violation';
  end if;
  return null;
end $$;
create constraint trigger one_stands after insert on identity.link_confirmation
  for each row execute function identity.check_standing_link();
`;

// The process on the network ends what its acting party signed for, and nothing of anybody else: the record named by the
// statement leaves the person, with every confirmed link that it stood in. Returns how many links ended.
const UNLINK = `
create function identity.unlink(statement bytea) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  signed identity.statement;
  person uuid;
  said jsonb;
  leaving uuid;
  ended integer;
begin
  select * into signed from identity.statement s where s.digest = statement;
  select p.person_id into person from identity.patient p where p.party_id = platform.acting_party();
  if person is null or signed.typ is distinct from 'aceso/unlink/v1' or signed.party_id <> platform.acting_party() then
    raise exception 'an unlink rests on a statement of the acting patient' using errcode = 'insufficient_privilege';
  end if;
  said := (signed.text)::jsonb -> 'payload';
  leaving := (said ->> 'leaves')::uuid;
  if not exists (
    select from identity.standing_link s where s.person_id = person
       and s.first_source_record_id = (said -> 'sourceRecords' ->> 0)::uuid
       and s.second_source_record_id = (said -> 'sourceRecords' ->> 1)::uuid
  ) then
    raise exception 'no such link stands' using errcode = 'insufficient_privilege';
  end if;
  insert into identity.link_end (confirmation_digest, statement_digest, person_id)
    select s.statement_digest, statement, person from identity.standing_link s
     where s.person_id = person and leaving in (s.first_source_record_id, s.second_source_record_id);
  get diagnostics ended = row_count;
  update identity.binding b set ended_at = greatest(clock_timestamp(), b.bound_at)
   where b.source_record_id = leaving and b.person_id = person and b.ended_at is null;
  return ended;
end $$;
revoke execute on function identity.unlink(bytea) from public;
grant execute on function identity.unlink(bytea) to aceso_api;
`;

// What a provider holds on a record that it gave to the wrong patient: the binding ends, and so do codes that were handed out
// for it. The gate of the person is raised by the caller, first of all; the person has to be the one that is bound.
const RETRACTION = `
create table identity.retraction (
  statement_digest bytea primary key references identity.statement (digest),
  provider_id uuid not null references identity.party (id),
  source_record_id uuid not null,
  retracted_at timestamptz not null default clock_timestamp()
);
create index retraction_record on identity.retraction (source_record_id);
call platform.make_append_only('identity.retraction');
alter table identity.retraction enable row level security, force row level security;
create policy owner on identity.retraction to current_user using (true) with check (true);
create policy own on identity.retraction for select to aceso_api using (provider_id = platform.acting_party());
grant select on identity.retraction to aceso_api;

create function identity.retract(statement bytea, person uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  signed identity.statement;
  record uuid;
begin
  select * into signed from identity.statement s where s.digest = statement;
  if signed.typ is distinct from 'aceso/retraction/v1' or signed.party_id <> platform.acting_party() then
    raise exception 'a retraction rests on a statement of the acting provider' using errcode = 'insufficient_privilege';
  end if;
  record := ((signed.text)::jsonb -> 'payload' ->> 'sourceRecord')::uuid;
  update identity.code_attempt c set wrong = greatest(c.wrong, 5) from identity.attestation a
   where a.statement_digest = c.attestation_digest and a.source_record_id = record and a.provider_id = signed.party_id;
  update identity.binding b set ended_at = greatest(clock_timestamp(), b.bound_at)
   where b.source_record_id = record and b.provider_id = signed.party_id and b.ended_at is null
     and b.person_id = person;
  if exists (
    select from identity.binding b
     where b.source_record_id = record and b.provider_id = signed.party_id and b.ended_at is null
  ) then
    raise exception 'the record is bound to another person than was told' using errcode = 'serialization_failure';
  end if;
  insert into identity.retraction (statement_digest, provider_id, source_record_id)
    values (statement, signed.party_id, record);
end $$;
revoke execute on function identity.retract(bytea, uuid) from public;
grant execute on function identity.retract(bytea, uuid) to aceso_api;
`;
