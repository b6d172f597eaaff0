import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One human with several keys counts once: who is only a repetition of somebody stands in a table that counts leave out. */
export class OneHuman0000000000020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(REPEATED);
    await runner.query(FOLLOW);
    await runner.query(EXISTING);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Records hang together by links that the register is sure of, and by bindings to one person. Of the persons of records that hang
// together the one with the earliest binding is counted, asked and paid. A row names no other person.
const REPEATED = `
create table register.repeated_person (
  person_id uuid primary key references identity.patient (person_id)
);
grant select on register.repeated_person to aceso_api, aceso_worker;
create policy owner on register.link for select to current_user using (true);

-- Judges anew everybody whose records hang together with one of these.
create function register.tell_apart(records uuid[]) returns void
language plpgsql security definer set search_path = '' as $$
begin
  -- 'HUMN': two that extend one group at once would not see each other. Triggers call this at the commit, so it is held shortly.
  perform pg_advisory_xact_lock(1213549902);
  with recursive reached (start, record) as (
    select r, r from unnest(records) r
    union
    select r.start, beside.record from reached r cross join lateral (
      select l.second_source_record_id from register.link l
       where l.first_source_record_id = r.record and l.state = 'linked'
      union all
      select l.first_source_record_id from register.link l
       where l.second_source_record_id = r.record and l.state = 'linked'
      union all
      select other.source_record_id from identity.binding own join identity.binding other using (person_id)
       where own.source_record_id = r.record and own.ended_at is null and other.ended_at is null
    ) beside (record)
  ), ranked as (
    select b.person_id, row_number() over (partition by r.start order by min(b.bound_at), b.person_id) > 1 as repeated
      from reached r join identity.binding b on b.source_record_id = r.record and b.ended_at is null
     group by r.start, b.person_id
  ), counted as (
    delete from register.repeated_person p using ranked where p.person_id = ranked.person_id and not ranked.repeated
  )
  insert into register.repeated_person select distinct person_id from ranked where repeated on conflict do nothing;
end $$;
revoke execute on function register.tell_apart(uuid[]) from public;
`;

// Whatever joins or parts records calls it. What a binding joined is parted when it ends: both sides are judged.
const FOLLOW = `
create function register.link_moved() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform register.tell_apart(array[new.first_source_record_id, new.second_source_record_id]);
  return null;
end $$;
create constraint trigger link_found after insert on register.link
  deferrable initially deferred for each row when (new.state = 'linked') execute function register.link_moved();
create constraint trigger link_moved after update of state on register.link
  deferrable initially deferred for each row when (new.state <> old.state) execute function register.link_moved();

create function register.binding_moved() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform register.tell_apart(new.source_record_id || array(
    select b.source_record_id from identity.binding b where b.person_id = new.person_id and b.ended_at is null
  ));
  return null;
end $$;
create constraint trigger binding_begins after insert on identity.binding
  deferrable initially deferred for each row execute function register.binding_moved();
create constraint trigger binding_ends after update of ended_at on identity.binding
  deferrable initially deferred for each row execute function register.binding_moved();
`;

const EXISTING = `
do $$
declare first uuid;
begin
  for first in select l.first_source_record_id from register.link l where l.state = 'linked' loop
    perform register.tell_apart(array[first]);
  end loop;
end $$;
`;
