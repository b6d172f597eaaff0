import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Generated facts stand in an instance without records of anybody, and then no record comes in (ADR 42). */
export class GeneratedFacts0000000000051 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(GENERATED);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// One row at most, for ever: whoever wants other facts takes another instance. The lock keeps records out until the row has committed; an
// insert that waits for it sees the row then.
const GENERATED = `
create table facts.generated (
  singleton boolean primary key default true check (singleton),
  persons integer not null check (persons > 0),
  seed integer not null check (seed >= 0),
  as_of date not null,
  made_at timestamptz not null default clock_timestamp()
);
grant select, insert (persons, seed, as_of) on facts.generated to aceso_index;
call platform.make_append_only('facts.generated');

create function facts.generate_apart() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  lock table register.source_record, facts.person in share row exclusive mode;
  if exists (select from register.source_record) or exists (select from facts.person) or exists (select from facts.block) then
    raise exception 'this instance holds records or facts'
      using errcode = 'check_violation', constraint = 'generated_apart';
  end if;
  return new;
end $$;
create function facts.stay_generated() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from facts.generated) then
    raise exception 'this instance holds generated facts and takes no records'
      using errcode = 'check_violation', constraint = 'generated_apart';
  end if;
  return new;
end $$;
create trigger generated_apart before insert on facts.generated for each row execute function facts.generate_apart();
create trigger generated_apart before insert on register.source_record
  for each row execute function facts.stay_generated();
create trigger generated_apart before insert on facts.person for each row execute function facts.stay_generated();
revoke execute on function facts.generate_apart(), facts.stay_generated() from public;
`;
