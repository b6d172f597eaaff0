import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How a result was written is a part of the code of its facts: its coding, whether its number is only a bound, whether a device measured it (ADR 44). */
export class CodedResults0000000000054 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FACTS);
    await runner.query(CODES);
    await runner.query(SEEN);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Nothing is null that names a column of facts, so that rows and codes are joined by equality. The worker writes all facts anew.
const FACTS = `
update facts.fact set unit = '' where unit is null;
alter table facts.fact
  alter column unit set default '', alter column unit set not null,
  add column comparator text not null default '' check (comparator in ('', '<', '<=', '>=', '>')),
  add column result_system text not null default '' check (length(result_system) <= 200),
  add column result text not null default '' check (length(result) <= 64),
  add column device boolean not null default false;
grant select (comparator, result_system, result, device) on facts.fact to aceso_api;
update register.person_index set heads = null;
`;

const CODES = `
alter table facts.code
  add column comparator text not null default '' check (comparator in ('', '<', '<=', '>=', '>')),
  add column result_system text not null default '' check (length(result_system) <= 200),
  add column result text not null default '' check (length(result) <= 64),
  add column device boolean not null default false,
  drop constraint code_kind_code_system_unit_key,
  add unique (kind, code, system, unit, comparator, result_system, result, device);
`;

// A fact has two codes now where its result is one: a person may keep back either. A stream is many facts: days are asked about only where a rule of
// the person speaks of days.
const SEEN = `
create or replace view consent.research_ruled with (security_barrier) as
  select r.person_id, r.party_id,
         exists (select from consent.permission_rule d where d.person_id = r.person_id and d.days is not null) as by_day
    from (
      select person_id, party_id from consent.permission_rule
       where subject in ('research', 'party') and level = 'none' and purpose in ('research', 'any')
      union
      select person_id, null::uuid from consent.fallen_rules
    ) r;

drop function consent.research_sees(uuid, uuid, text[], text, text[], daterange);
create function consent.research_sees(
  person uuid, center uuid, types text[], codes text[], labels text[], days daterange
) returns boolean language sql stable security definer set search_path = '' as $$
  select not exists (
    select from unnest(types) as t (name)
      join lateral consent.decide_ruled(center, 'researcher', '{}', 'research', 'read', statement_timestamp(), true,
             t.name, codes, labels, null, null, days) d on d.person_id = person
     where d.effect <> 'permit' or d.in_part
  )
$$;
revoke execute on function consent.research_sees(uuid, uuid, text[], text[], text[], daterange) from public;
grant execute on function consent.research_sees(uuid, uuid, text[], text[], text[], daterange) to aceso_api, aceso_worker;
`;
