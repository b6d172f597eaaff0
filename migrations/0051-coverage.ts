import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What persons have in the index, and the catalogues that parties were shown of it (ADR 42). */
export class Coverage0000000000051 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FACTS);
    await runner.query(SHOWN);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// What a person has in the index at all: kept when facts move from rows into blocks, so that nobody reads all blocks for it. It goes and
// comes with the person's row, whoever writes facts. Persons that were indexed before are built anew by the worker.
const FACTS = `
create table facts.coverage (
  index_no bigint primary key references facts.person (index_no) on delete cascade,
  kinds text[] not null check (cardinality(kinds) between 1 and 9),
  first_year integer
);
grant select on facts.coverage to aceso_api;

create function facts.cover() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into facts.coverage as c (index_no, kinds, first_year)
  select a.index_no, array_agg(distinct a.kind order by a.kind),
         min(extract(year from a.start_date))::integer
    from added a where not a.superseded group by a.index_no
  on conflict (index_no) do update set
    kinds = array(select distinct k from unnest(c.kinds || excluded.kinds) k order by k),
    first_year = least(c.first_year, excluded.first_year);
  return null;
end $$;
create trigger fact_covers after insert on facts.fact
  referencing new table as added for each statement execute function facts.cover();
revoke execute on function facts.cover() from public;
update register.person_index set heads = null;
`;

// The numbers of a catalogue as a party was shown them: they stand for a day, and are charged once in it.
const SHOWN = `
create table cohort.shown_catalogue (
  party_id uuid primary key references identity.party (id),
  record_date date not null,
  content jsonb not null check (jsonb_typeof(content) = 'object' and octet_length(content::text) <= 65536),
  shown_at timestamptz not null default clock_timestamp()
);
alter table cohort.shown_catalogue enable row level security, force row level security;
create policy owner on cohort.shown_catalogue to current_user using (true) with check (true);
create policy own on cohort.shown_catalogue to aceso_api
  using (party_id = platform.acting_party()) with check (party_id = platform.acting_party());
grant select, insert (party_id, record_date, content), update (record_date, content, shown_at)
  on cohort.shown_catalogue to aceso_api;
`;
