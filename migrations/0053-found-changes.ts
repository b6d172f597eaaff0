import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whom a change of anything that decides who is found is about, so that processes which keep who is found can follow (ADR 43). */
export class FoundChanges0000000000053 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LOG);
    await runner.query(NOTES);
    await runner.query(CHANGES);
    await runner.query(FORGETTING);
    await runner.query(GRANTS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A row is a person or a place in the index; neither means everybody. No row is updated: writers never wait for each other here.
// What is older than forgotten_below is gone: whoever keeps a snapshot from before reads everything anew.
const LOG = `
create table cohort.found_change (
  xid xid8 not null default pg_current_xact_id(),
  person_id uuid,
  slot integer,
  check (num_nonnulls(person_id, slot) <= 1)
);
create index found_change_xid on cohort.found_change (xid);
create index found_change_person on cohort.found_change (person_id) where person_id is not null;
create table cohort.found_horizon (
  singleton boolean primary key default true check (singleton),
  forgotten_below xid8 not null,
  next_below xid8 not null,
  next_since timestamptz not null default clock_timestamp()
);
insert into cohort.found_horizon (forgotten_below, next_below)
  values (pg_snapshot_xmin(pg_current_snapshot()), pg_snapshot_xmin(pg_current_snapshot()));
`;

// Each change names whom it is about by what stands in its own row: what another transaction changes at the same time need not be seen.
const NOTES = `
create function cohort.note_person() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then insert into cohort.found_change (person_id) values (old.person_id); end if;
  if tg_op <> 'DELETE' then insert into cohort.found_change (person_id) values (new.person_id); end if;
  return null;
end $$;
create function cohort.note_slot() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if tg_op <> 'INSERT' then insert into cohort.found_change (slot) values (old.slot); end if;
  if tg_op <> 'DELETE' then insert into cohort.found_change (slot) values (new.slot); end if;
  return null;
end $$;
create function cohort.note_ward() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into cohort.found_change (person_id) select p.person_id from identity.patient p where p.party_id = new.ward_id;
  return null;
end $$;
-- Whoever changes what is said of a person holds its row, and so its place.
create function cohort.note_said() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into cohort.found_change (slot) select s.slot from facts.slot s where s.index_no = new.index_no;
  return null;
end $$;
-- Of a person who is erased nothing stays here: the place is noted by whoever leaves it.
create function cohort.note_leaving() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  delete from cohort.found_change c where c.person_id = old.person_id;
  insert into cohort.found_change (slot) select s.slot from facts.slot s where s.index_no = old.index_no;
  return null;
end $$;
-- Keys of guardians speak for others, whoever they are by now: rare enough to read everything anew.
create function cohort.note_everybody() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into cohort.found_change default values;
  return null;
end $$;
revoke execute on function cohort.note_person(), cohort.note_slot(), cohort.note_ward(), cohort.note_said(), cohort.note_leaving(),
  cohort.note_everybody() from public;

create trigger found_noted after insert or delete on facts.slot for each row execute function cohort.note_slot();
create trigger found_moved after update on facts.slot for each row
  when (old.index_no is distinct from new.index_no) execute function cohort.note_slot();
create trigger found_noted after update on facts.person for each row execute function cohort.note_said();
create trigger found_noted after insert or update of person_id, index_no, number on register.person_index
  for each row execute function cohort.note_person();
create trigger found_left after delete on register.person_index for each row execute function cohort.note_leaving();
create trigger found_noted after insert or update or delete on consent.discovery_terms
  for each row execute function cohort.note_person();
create trigger found_noted after insert or update or delete on consent.permission_set
  for each row execute function cohort.note_person();
create trigger found_noted after insert or update or delete on consent.permission_rule
  for each row execute function cohort.note_person();
create trigger found_noted after insert or update or delete on identity.binding
  for each row execute function cohort.note_person();
create trigger found_noted after insert or update or delete on register.repeated_person
  for each row execute function cohort.note_person();
create trigger found_noted after insert or update on identity.guardian_appointment
  for each row execute function cohort.note_ward();
create trigger found_noted after insert or update of compromised_since on identity.party_key for each row
  when (new.compromised_since is not null) execute function cohort.note_everybody();
`;

// Moments at which somebody is found no longer, or again, without a change.
const CHANGES = `
create index discovery_terms_expiry on consent.discovery_terms (expires_at);
create index guardian_appointment_until on identity.guardian_appointment (until);
create index permission_rule_from on consent.permission_rule (from_at) where isfinite(from_at);
create index permission_rule_until on consent.permission_rule (until_at) where isfinite(until_at);

-- Places of whom something changed that this snapshot sees and the former one did not, or whose time came in between; null where
-- everybody has to be looked at.
create function cohort.found_changes(former pg_snapshot, former_at timestamptz) returns integer[]
language plpgsql stable security definer set search_path = '' as $$
declare
  oldest constant xid8 := pg_snapshot_xmin(former);
  from_time constant timestamptz := least(former_at, now());
  to_time constant timestamptz := greatest(former_at, now());
begin
  if (select h.forgotten_below > oldest from cohort.found_horizon h) or exists (
    select from cohort.found_change c
     where c.xid >= oldest and not pg_visible_in_snapshot(c.xid, former) and c.person_id is null and c.slot is null
  ) then
    return null;
  end if;
  return (
    with changed as materialized (
      select c.person_id, c.slot from cohort.found_change c
       where c.xid >= oldest and not pg_visible_in_snapshot(c.xid, former)
    ), person (person_id) as (
      select c.person_id from changed c where c.person_id is not null
      union
      select t.person_id from consent.discovery_terms t where t.expires_at between from_time and to_time
      union
      select p.person_id from identity.guardian_appointment a join identity.patient p on p.party_id = a.ward_id
       where a.until between from_time and to_time
      union
      select r.person_id from consent.permission_rule r where isfinite(r.from_at) and r.from_at between from_time and to_time
      union
      select r.person_id from consent.permission_rule r where isfinite(r.until_at) and r.until_at between from_time and to_time
    )
    select coalesce(array_agg(place.slot), '{}') from (
      select c.slot from changed c where c.slot is not null
      union
      select s.slot from person join register.person_index i using (person_id) join facts.slot s using (index_no)
    ) place
  );
end $$;

-- Places of the persons for whom an affiliate of a party vouches: they do not count for it.
create function cohort.vouched_slots(party uuid) returns setof integer
language sql stable security definer set search_path = '' as $$
  select s.slot from identity.vouched_for(party) v (person_id)
    join register.person_index i using (person_id) join facts.slot s using (index_no)
$$;
`;

// Changes go when every transaction that made one had ended an hour before at least.
const FORGETTING = `
create function cohort.forget_found_changes() returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  update cohort.found_horizon h
     set forgotten_below = h.next_below, next_below = pg_snapshot_xmin(pg_current_snapshot()), next_since = clock_timestamp()
   where h.next_since <= clock_timestamp() - interval '1 hour';
  delete from cohort.found_change c where c.xid < (select h.forgotten_below from cohort.found_horizon h);
end $$;
`;

const GRANTS = `
revoke execute on function cohort.found_changes(pg_snapshot, timestamptz), cohort.vouched_slots(uuid),
  cohort.forget_found_changes() from public;
grant execute on function cohort.found_changes(pg_snapshot, timestamptz), cohort.vouched_slots(uuid) to aceso_api, aceso_worker;
grant execute on function cohort.forget_found_changes() to aceso_worker;
`;
