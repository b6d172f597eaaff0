import type { MigrationInterface, QueryRunner } from 'typeorm';
import { HELD, TERMS } from './0038-ways-out';

/** Single resources that a provider took back: who notes them, what is made anew, and which rows a buyer is told to delete. */
export class RetractedResources0000000000038 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LINES);
    await runner.query(GATE);
    await runner.query(MEMBERS);
    await runner.query(CORRECTIONS);
    await runner.query(TERMS);
    await runner.query(HELD);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Lines that say of an earlier version that it was entered in error, written with their segment. They hold no id and no code;
// number: that of the gate of the person to whom the record was bound then. An erasure takes them along.
const LINES = `
create table register.retracted_line (
  source_record_id uuid not null,
  sequence integer not null,
  line integer not null check (line >= 1),
  resource_type text not null check (resource_type ~ '^[A-Z][A-Za-z]{1,63}$'),
  number integer check (number >= 1),
  primary key (source_record_id, sequence, line),
  foreign key (source_record_id, sequence) references register.segment (source_record_id, sequence)
);
grant select, insert on register.retracted_line to aceso_worker;
create trigger stays before update on register.retracted_line
  for each row execute function platform.refuse_change();
create trigger never_truncated before truncate on register.retracted_line
  for each statement execute function platform.refuse_change();

create function register.forget_retracted_lines() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from register.retracted_line t where t.source_record_id = new.id;
  return null;
end $$;
revoke execute on function register.forget_retracted_lines() from public;
create trigger erasure_forgets_retracted_lines after update of erased_at on register.source_record
  for each row when (new.erased_at is not null) execute function register.forget_retracted_lines();

create function register.opened_retractions(record uuid) returns table (sequence integer, lines integer[])
language sql stable security definer set search_path = '' as $$
  select t.sequence, array_agg(t.line) from register.retracted_line t
   where t.source_record_id = record and register.is_opened(record) group by t.sequence
$$;
revoke execute on function register.opened_retractions(uuid) from public;
grant execute on function register.opened_retractions(uuid) to aceso_api;
`;

// Beside the version, which takes a person out of what moves: after a retraction the person stays and the resource goes.
const GATE = `
alter table identity.patient_gate add column retractions integer not null default 0 check (retractions >= 0);
grant update (retractions) on identity.patient_gate to aceso_worker;

create or replace function identity.raise_gate() returns trigger language plpgsql as $$
begin
  if new.person_id <> old.person_id or new.version < old.version or new.retractions < old.retractions
    or (new.version, new.retractions) = (old.version, old.retractions)
    or new.version = old.version and (new.narrowed_by, new.narrowed_at) is distinct from (old.narrowed_by, old.narrowed_at)
  then
    raise exception 'the version of a gate only rises' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
`;

const MEMBERS = `
alter table extraction.member add column retractions integer not null default 0 check (retractions >= 0);
alter table extraction.attempt drop constraint attempt_reason_check, add constraint attempt_reason_check
  check (reason in ('GATE_MOVED', 'RECORD_RETRACTED', 'K_NOT_REACHED', 'RISK_TOO_HIGH', 'WORK_FAILED', 'BUYER_STOPPED'));

create function extraction.retracted_since(attempt uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from extraction.member m join identity.patient_gate g on g.person_id = m.person_id
     where m.attempt_id = attempt and m.state in ('emitted', 'released') and g.retractions <> m.retractions
  )
$$;
revoke execute on function extraction.retracted_since(uuid) from public;
grant execute on function extraction.retracted_since(uuid) to aceso_worker;

create or replace function extraction.gates_unmoved(wanted uuid, minor_from text) returns boolean
language plpgsql security definer set search_path = '' as $$
declare attempt uuid := (select attempt_id from extraction.package p where p.id = wanted);
begin
  perform 1 from identity.patient_gate g
    where g.person_id in (select person_id from extraction.member where attempt_id = attempt and state = 'released')
    order by g.person_id for share of g;
  return not exists (select from extraction.moved_persons(attempt, minor_from)) and not extraction.retracted_since(attempt);
end $$;
`;

// Where a row of a fetched package that was taken back came from; its pseudonym is computed under the sale key when a list names it.
const CORRECTIONS = `
create table extraction.correction (
  attempt_id uuid not null,
  person_id uuid not null,
  source_record_id uuid not null,
  sequence integer not null check (sequence >= 1),
  line integer not null check (line >= 1),
  resource_type text not null check (resource_type ~ '^[A-Z][A-Za-z]{1,63}$'),
  withdrawal_list_id uuid references extraction.withdrawal_list (id),
  primary key (attempt_id, source_record_id, sequence, line),
  foreign key (attempt_id, person_id) references extraction.member (attempt_id, person_id)
);
create index correction_list on extraction.correction (withdrawal_list_id) where withdrawal_list_id is not null;
grant select, insert, update (withdrawal_list_id) on extraction.correction to aceso_worker;

create function extraction.keep_correction() returns trigger language plpgsql set search_path = '' as $$
begin
  if old.withdrawal_list_id is not null
    or (to_jsonb(new) - 'withdrawal_list_id') <> (to_jsonb(old) - 'withdrawal_list_id')
  then
    raise exception 'a correction stays as it was made' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger stays before update on extraction.correction
  for each row execute function extraction.keep_correction();
create trigger never_deleted before delete on extraction.correction
  for each row execute function platform.refuse_change();
create trigger never_truncated before truncate on extraction.correction
  for each statement execute function platform.refuse_change();

-- As WITHDRAWAL_BATCH_MIN in libs/extraction/domain; a test compares the two. Each kind is a batch of its own: the buyer can
-- tell them apart.
create or replace function extraction.check_withdrawal_batch() returns trigger language plpgsql set search_path = '' as $$
declare
  least constant integer := 5;
  persons integer := (select count(*) from extraction.member m where m.withdrawal_list_id = new.id);
  corrected integer := (select count(distinct c.person_id) from extraction.correction c where c.withdrawal_list_id = new.id);
begin
  if persons + corrected = 0 or persons > 0 and persons < least or corrected > 0 and corrected < least then
    raise exception 'a withdrawal list names five persons or more of each kind'
      using errcode = 'check_violation', constraint = 'withdrawal_batch';
  end if;
  return null;
end $$;
`;
