import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A package counts as fetched from its first response on: nobody withholds a byte to go on watching the gates. */
export class FirstFetch0000000000016 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PACKAGE_MOVES);
    await runner.query(FIRST_FETCH);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// The same moves as in libs/extraction/domain; a test compares the two.
const PACKAGE_MOVES = `
create or replace function extraction.check_package() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'released' then
      raise exception 'a new package starts as released' using errcode = 'check_violation', constraint = 'package_move';
    end if;
  elsif new.state <> old.state and (old.state, new.state) not in (
    ('released', 'ready'), ('ready', 'renewing'), ('renewing', 'superseded'), ('renewing', 'withdrawn')
  ) then
    raise exception 'a package that is % cannot become %', old.state, new.state
      using errcode = 'check_violation', constraint = 'package_move';
  elsif old.first_fetched_at is not null and new.first_fetched_at is distinct from old.first_fetched_at then
    raise exception 'what was sent of a package cannot be taken back'
      using errcode = 'check_violation', constraint = 'package_fetched';
  end if;
  return new;
end $$;
`;

// The row of a response and the mark on its package are one act, and the api role cannot write the mark by itself. Only a
// ready package is fetched, and one that was fetched stays ready: the difference between two editions tells who revoked.
const FIRST_FETCH = `
alter table extraction.package drop column served;

update extraction.package p set first_fetched_at = f.first
  from (select package_id, min(fetched_at) as first from extraction.fetch group by package_id) f
 where f.package_id = p.id and p.state = 'ready' and p.first_fetched_at is null;

alter table extraction.package add constraint package_fetched check (first_fetched_at is null or state = 'ready');

create function extraction.note_first_fetch() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update extraction.package set first_fetched_at = new.fetched_at
   where id = new.package_id and first_fetched_at is null;
  return null;
end $$;
create trigger first_fetch after insert on extraction.fetch
  for each row execute function extraction.note_first_fetch();

revoke update (first_fetched_at) on extraction.package from aceso_api;
create index fetch_recent on extraction.fetch (package_id, fetched_at);
drop index extraction.fetch_package;
`;
