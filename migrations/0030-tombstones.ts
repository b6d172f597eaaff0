// A tombstone lies beside the keys and names what was erased by digests of random numbers only: whoever has it alone learns
// nothing, and beside a restored dump it says what to erase again.
export const TOMBSTONES = `
create table platform.tombstone (
  id bytea primary key check (octet_length(id) = 32),
  applied_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('platform.tombstone');
grant select on platform.tombstone to aceso_api, aceso_worker;

create function platform.tombstone_of(statement bytea) returns bytea
language sql immutable set search_path = '' as $$
  select sha256(convert_to('aceso/tombstone/v1 statement ', 'UTF8') || statement)
$$;
revoke execute on function platform.tombstone_of(bytea) from public;

create function platform.tombstone_mark(kind text, id uuid) returns bytea
language sql immutable set search_path = '' as $$
  select sha256(convert_to('aceso/tombstone/v1 ' || kind || ' ' || id, 'UTF8'))
$$;
revoke execute on function platform.tombstone_mark(text, uuid) from public;

-- Run by the launcher as owner before anything serves; again, it changes nothing.
create function platform.apply_tombstone(tombstone bytea, marks bytea[]) returns integer
language plpgsql set search_path = '' as $$
declare
  records uuid[];
  persons uuid[];
  whole identity.patient;
begin
  if exists (select from platform.tombstone t where t.id = tombstone) then return 0; end if;
  records := array(
    select r.id from register.source_record r
     where r.erased_at is null and platform.tombstone_mark('source-record', r.id) = any (marks) order by r.id
  );
  persons := array(
    select p.person_id from identity.patient p where platform.tombstone_mark('person', p.person_id) = any (marks)
    union
    select b.person_id from identity.binding b where b.source_record_id = any (records) and b.ended_at is null
  );
  update identity.patient_gate g set version = g.version + 1, narrowed_by = 'erasure', narrowed_at = clock_timestamp()
    from (select o.person_id from identity.patient_gate o where o.person_id = any (persons)
           order by o.person_id for update) held
   where g.person_id = held.person_id;
  perform register.destroy_records(records);
  perform register.forget_facts(person) from unnest(persons) person;
  perform register.queue_openings(records);
  for whole in
    select p.* from identity.patient p where platform.tombstone_mark('person', p.person_id) = any (marks)
  loop
    perform register.forget_person(whole.person_id, whole.party_id, null);
    perform register.queue_openings(array[whole.person_id, whole.party_id]);
  end loop;
  insert into platform.tombstone (id) values (tombstone) on conflict do nothing;
  return cardinality(records);
end $$;
revoke execute on function platform.apply_tombstone(bytea, bytea[]) from public;
`;
