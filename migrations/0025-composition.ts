import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Orders of one buyer and its affiliates are judged together: who belongs together, and what was shown of whom. */
export class Composition0000000000025 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(AFFILIATION);
    await runner.query(HISTORY);
    await runner.query(REASONS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// An affiliation does not end: what one party had, the other may have kept.
const AFFILIATION = `
create table identity.affiliation (
  first_party_id uuid not null references identity.party (id),
  second_party_id uuid not null references identity.party (id),
  declared_by uuid not null references identity.party (id),
  declared_at timestamptz not null default clock_timestamp(),
  primary key (first_party_id, second_party_id),
  check (first_party_id < second_party_id)
);
create index affiliation_second on identity.affiliation (second_party_id);
call platform.make_append_only('identity.affiliation');
grant select, insert on identity.affiliation to aceso_api;
grant select on identity.affiliation to aceso_worker;

create function identity.check_affiliation() returns trigger language plpgsql set search_path = '' as $$
begin
  if (select count(*) from identity.party p
       where p.id in (new.first_party_id, new.second_party_id) and p.role in ('researcher', 'provider')) <> 2
    or not exists (select from identity.party p where p.id = new.declared_by and p.role = 'officer')
  then
    raise exception 'an officer declares that research centers or providers belong together'
      using errcode = 'check_violation', constraint = 'affiliation_parties';
  end if;
  return new;
end $$;
create trigger affiliation_parties before insert on identity.affiliation
  for each row execute function identity.check_affiliation();

-- The party itself and all that hang together with it, over any number of steps.
create function identity.affiliates(party uuid) returns setof uuid language sql stable set search_path = '' as $$
  with recursive reached (id) as (
    select party
    union
    select case when a.first_party_id = r.id then a.second_party_id else a.first_party_id end
      from reached r join identity.affiliation a on r.id in (a.first_party_id, a.second_party_id)
  )
  select id from reached
$$;
revoke execute on function identity.affiliates(uuid) from public;
grant execute on function identity.affiliates(uuid) to aceso_api, aceso_worker;
`;

// What the files of a release show and how their dates are given, a row a class of at least k persons: months of birth since January 1800, values as they stand
// in the files, null where the files do not show them. Which class a person is in stands with its membership, the one place
// where a person is named beside an order; it is set by the release, and goes with the person.
const HISTORY = `
create table extraction.released_class (
  attempt_id uuid not null references extraction.attempt (id),
  number integer not null check (number >= 0),
  born_from smallint not null check (born_from >= 0),
  born_to smallint not null check (born_to < 4096),
  dates text not null check (dates in ('shift', 'year')),
  sex text check (sex in ('female', 'male', 'other', 'unknown')),
  state text check (state ~ '^[A-Z]{2}$'),
  zip3 text check (zip3 ~ '^[0-9]{3}$'),
  race text check (length(race) <= 60),
  ethnicity text check (length(ethnicity) <= 60),
  primary key (attempt_id, number),
  check (born_from <= born_to)
);
call platform.make_append_only('extraction.released_class');
grant select, insert on extraction.released_class to aceso_worker;

alter table extraction.member
  add column class_number integer,
  add foreign key (attempt_id, class_number) references extraction.released_class (attempt_id, number),
  add check (class_number is null or state = 'released');

create function extraction.keep_class() returns trigger language plpgsql set search_path = '' as $$
begin
  if old.state = 'released' and (new.state <> 'released' or new.class_number is not null and
    new.class_number is distinct from old.class_number)
  then
    raise exception 'what was shown of a person stays as it was' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger class_stays before update of state, class_number on extraction.member
  for each row execute function extraction.keep_class();
`;

const REASONS = `
alter table marketplace."order" drop constraint order_reason_check, add constraint order_reason_check
  check (reason in ('COHORT_TOO_SMALL', 'K_NOT_REACHED', 'RISK_TOO_HIGH', 'GATE_MOVED', 'RECORD_UNREADABLE',
                    'ATTEMPTS_EXHAUSTED', 'CANCELLED_BY_BUYER', 'COMPOSITION_TOO_NARROW'));
alter table extraction.exclusion drop constraint exclusion_reason_check, add constraint exclusion_reason_check
  check (reason in ('GATE_MOVED', 'RECORD_UNREADABLE', 'SHIFTS_EXHAUSTED'));
`;
