import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a group was told of a set is kept whether it was a number or a refusal (ADR 38). */
export class ToldSets0000000000052 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TOLD);
    await runner.query(FUNCTIONS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A set that is too small stands for the day like any other, so that the same words are judged on the same persons; a set of nobody has no digest.
const TOLD = `
alter table cohort.answer drop constraint answer_has_set;
alter table cohort.answer add constraint answer_has_set check (approximate is null or set_digest is not null);

alter table cohort.shown_set rename to told_set;
alter table cohort.told_set rename column shown_at to told_at;
alter table cohort.told_set add column told text not null default 'NUMBER'
  check (told in ('NUMBER', 'FOLLOWS', 'TOO_SMALL', 'TOO_CLOSE'));
update cohort.told_set set told = 'FOLLOWS' where approximate is null;
alter table cohort.told_set alter column told drop default;
alter table cohort.told_set add constraint told_number check ((told = 'NUMBER') = (approximate is not null));
alter index cohort.shown_set_party rename to told_set_party;
alter index cohort.shown_set_digest rename to told_set_digest;
`;

// As in 0047, over the table's new name.
const FUNCTIONS = `
drop function cohort.group_sets();
create function cohort.group_sets()
returns table (id bigint, criteria_hash bytea, set_digest bytea, told text, approximate integer, told_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select s.id, s.criteria_hash, s.set_digest, s.told, s.approximate, s.told_at
    from identity.affiliated_until(platform.acting_party()) a
    join cohort.told_set s on s.party_id = a.party_id and s.told_at < a.until
   where s.told_at > clock_timestamp() - interval '30 days'
   order by s.id
$$;
revoke execute on function cohort.group_sets() from public;
grant execute on function cohort.group_sets() to aceso_api;

create or replace function cohort.forget_sets() returns integer language plpgsql volatile security definer set search_path = '' as $$
declare forgotten integer;
begin
  delete from cohort.told_set s where s.told_at <= clock_timestamp() - interval '30 days';
  delete from cohort.close_call c where c.called_at <= clock_timestamp() - interval '30 days';
  delete from cohort.answer a where a.answered_at <= clock_timestamp() - interval '24 hours';
  -- A set that is found again meanwhile is younger: it is looked at once more before it goes.
  delete from cohort.found_set f
   where f.found_at <= clock_timestamp() - interval '1 day'
     and not exists (select from cohort.told_set s where s.set_digest = f.digest)
     and not exists (select from cohort.answer a where a.set_digest = f.digest);
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
`;
