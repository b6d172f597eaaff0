import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The facts of persons as columns: one block a code and 65,536 persons; rows of facts.fact are what was not merged yet (ADR 36). */
export class FactBlocks0000000000045 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SLOTS);
    await runner.query(BLOCKS);
    await runner.query(FORGETTING);
    await runner.query(EXISTING);
    await runner.query(GRANTS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A slot is a person's place in the columns: blk = slot >> 16. Free: no number, not merged. Retired: no number, but facts of it are
// still in blocks, where nobody finds them. A person whose facts change leaves its slot behind and takes another one.
const SLOTS = `
create table facts.slot (
  slot integer primary key check (slot >= 0),
  index_no bigint unique references facts.person (index_no),
  merged boolean not null default false,
  retired_at timestamptz,
  check ((index_no is null and merged) = (retired_at is not null))
);
create index slot_empty on facts.slot (slot) where index_no is null;
create index slot_fresh on facts.slot (slot) where index_no is not null and not merged;
create sequence facts.slot_number as integer minvalue 0 start 0;

create function facts.take_slot() returns trigger language plpgsql security definer set search_path = '' as $$
declare place integer;
begin
  select s.slot into place from facts.slot s where s.index_no is null and not s.merged
   order by s.slot limit 1 for update skip locked;
  if found then
    update facts.slot s set index_no = new.index_no where s.slot = place;
  else
    insert into facts.slot (slot, index_no) values (nextval('facts.slot_number'), new.index_no);
  end if;
  return null;
end $$;
create function facts.leave_slot() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  update facts.slot s set index_no = null, retired_at = case when s.merged then clock_timestamp() end
   where s.index_no = old.index_no;
  return old;
end $$;
-- What is said of a person stands in a block as well, once it is merged: whoever changes it writes the person anew.
create function facts.keep_merged() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from facts.slot s where s.index_no = old.index_no and s.merged) then
    raise exception 'the facts of a person are written anew, not changed'
      using errcode = 'check_violation', constraint = 'merged_person_kept';
  end if;
  return new;
end $$;
create trigger slot_taken after insert on facts.person for each row execute function facts.take_slot();
create trigger slot_left before delete on facts.person for each row execute function facts.leave_slot();
create trigger merged_kept before update on facts.person for each row execute function facts.keep_merged();
revoke execute on function facts.take_slot(), facts.leave_slot(), facts.keep_merged() from public;
`;

// data = columns one after the other, little-endian, in the order of slots: slot & 65535 as uint16; day since 1970 as int32; then by
// form nothing (-1), value * 10^form as int32 (0 to 9), value as float64 (15). libs/register/domain/fact-block.ts reads and writes it.
const BLOCKS = `
create table facts.code (
  number integer primary key generated always as identity,
  kind text not null check (length(kind) <= 16),
  code text not null check (length(code) <= 64),
  system text not null check (length(system) <= 200),
  unit text not null check (length(unit) <= 64),
  unique (kind, code, system, unit)
);

create sequence facts.block_version;
create table facts.block (
  code integer not null references facts.code (number),
  blk integer not null check (blk >= 0),
  ver bigint not null unique,
  n integer not null check (n > 0),
  form smallint not null check (form between -1 and 9 or form = 15),
  data bytea not null,
  primary key (code, blk),
  check (octet_length(data) = n * case form when -1 then 6 when 15 then 14 else 10 end)
);
alter table facts.block alter column data set storage external;
create index block_blk on facts.block (blk);

-- slot & 65535, first and last month of birth (months since year 0, -1 unknown), ZIP3 (-1 unknown), state (two letters, 0 unknown), sex.
create table facts.person_block (
  blk integer primary key check (blk >= 0),
  ver bigint not null unique,
  n integer not null check (n > 0),
  data bytea not null check (octet_length(data) = n * 11)
);
alter table facts.person_block alter column data set storage external;

-- Readers keep a block by its version: no two contents ever have the same, whoever writes.
create function facts.stamp_version() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  new.ver := nextval('facts.block_version');
  return new;
end $$;
create trigger stamped before insert or update on facts.block for each row execute function facts.stamp_version();
create trigger stamped before insert or update on facts.person_block
  for each row execute function facts.stamp_version();
revoke execute on function facts.stamp_version() from public;
`;

const FORGETTING = `
-- The columns without the entries of one slot.
create function facts.without_slot(data bytea, n integer, widths integer[], place integer, out kept integer, out rest bytea)
language plpgsql immutable set search_path = '' as $$
declare
  low constant integer := place & 65535;
  first integer := 0;
  next integer;
  high integer := n;
  middle integer;
  base integer := 0;
  width integer;
begin
  while first < high loop
    middle := (first + high) / 2;
    if get_byte(data, 2 * middle) + 256 * get_byte(data, 2 * middle + 1) < low then first := middle + 1;
    else high := middle; end if;
  end loop;
  next := first;
  while next < n and get_byte(data, 2 * next) + 256 * get_byte(data, 2 * next + 1) = low loop next := next + 1; end loop;
  kept := n - (next - first);
  rest := '';
  foreach width in array widths loop
    rest := rest || substring(data from base + 1 for first * width)
                 || substring(data from base + next * width + 1 for (n - next) * width);
    base := base + n * width;
  end loop;
end $$;

-- Takes the entries of a retired slot out of all blocks and frees it. 'FIDX': the same lock as of those who merge (register/fact-merge.ts).
create function facts.empty_slot(place integer) returns void language plpgsql set search_path = '' as $$
declare
  bytes constant bytea := set_byte(set_byte('\\x0000', 0, place & 255), 1, (place >> 8) & 255);
  held record;
  without record;
begin
  perform pg_advisory_xact_lock(1179206744, place >> 16);
  -- A place that is found at an odd byte is no entry: then the columns stay as they are.
  for held in
    select b.code, b.n, b.form, b.data from facts.block b
     where b.blk = place >> 16 and position(bytes in substring(b.data from 1 for 2 * b.n)) > 0
  loop
    without := facts.without_slot(held.data, held.n, case held.form when -1 then '{2,4}' when 15 then '{2,4,8}'
                                                     else '{2,4,4}' end::integer[], place);
    if without.kept = 0 then
      delete from facts.block b where b.code = held.code and b.blk = place >> 16;
    elsif without.kept < held.n then
      update facts.block b set n = without.kept, data = without.rest where b.code = held.code and b.blk = place >> 16;
    end if;
  end loop;
  for held in select b.n, b.data from facts.person_block b where b.blk = place >> 16 loop
    without := facts.without_slot(held.data, held.n, '{2,2,2,2,2,1}', place);
    if without.kept = 0 then
      delete from facts.person_block b where b.blk = place >> 16;
    elsif without.kept < held.n then
      update facts.person_block b set n = without.kept, data = without.rest where b.blk = place >> 16;
    end if;
  end loop;
  update facts.slot s set merged = false, retired_at = null where s.slot = place and s.index_no is null;
end $$;

-- As of 0030, and out of the blocks in the same transaction.
create or replace function register.forget_facts(person uuid) returns void language plpgsql set search_path = '' as $$
declare
  number bigint;
  place integer;
begin
  perform pg_advisory_xact_lock(hashtextextended(person::text, 1));
  delete from register.person_index i where i.person_id = person returning i.index_no into number;
  if number is null then return; end if;
  select s.slot into place from facts.slot s where s.index_no = number for update;
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
  if exists (select from facts.slot s where s.slot = place and s.merged) then
    perform facts.empty_slot(place);
  end if;
end $$;
revoke execute on function facts.without_slot(bytea, integer, integer[], integer), facts.empty_slot(integer),
  register.forget_facts(uuid) from public;
`;

const EXISTING = `
insert into facts.slot (slot, index_no)
  select nextval('facts.slot_number'), p.index_no from (select index_no from facts.person order by index_no) p;
`;

// Counting reads; role index, which no process on the network holds, merges. It sets a slot to merged or back, and gives none to anybody.
const GRANTS = `
grant select on facts.code, facts.slot, facts.block, facts.person_block to aceso_api, aceso_worker, aceso_index;
grant insert, delete on facts.code, facts.block, facts.person_block to aceso_index;
grant update (merged, retired_at) on facts.slot to aceso_index;
`;
