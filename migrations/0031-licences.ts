import type { MigrationInterface, QueryRunner } from 'typeorm';
import { PROPOSAL_RULES, STEP_RULES } from './0031-licence-rules';
import { FETCHES, ORDERS, PAYOUTS, RECORDS, STATEMENTS } from './0031-stops';
import { VAULT_ITEMS } from './0031-vault-items';

/** Licences move by steps that stay, most of them by two officers; what a stopped party cannot do; more kinds of vault items. */
export class Licences0000000000031 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(KINDS_AND_MOVES);
    await runner.query(STEPS);
    await runner.query(ACTIVE);
    await runner.query(STEP_RULES);
    await runner.query(PROPOSAL_RULES);
    await runner.query(ISSUANCE);
    await runner.query(STATEMENTS);
    await runner.query(RECORDS);
    await runner.query(ORDERS);
    await runner.query(FETCHES);
    await runner.query(PAYOUTS);
    await runner.query(VAULT_ITEMS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

const IS_OFFICER = `exists (
  select from identity.party p where p.id = platform.acting_party() and p.role = 'officer'
)`;

// Which roles have a licence, and which step follows which, by whose doing: one officer, two officers, or the party. A role that is
// not licensed is frozen for one reason only, a compromised key. The same moves as in libs/identity/domain; a test compares the two.
const KINDS_AND_MOVES = `
create table identity.licence_kind (
  role text primary key,
  kind text not null unique,
  licensed boolean not null
);
insert into identity.licence_kind values
  ('provider', 'provider', true), ('physician', 'physician', true), ('researcher', 'research-center', true),
  ('patient', 'person', false);
call platform.make_append_only('identity.licence_kind');

create table identity.licence_move (
  from_state text not null,
  to_state text not null,
  doer text not null check (doer in ('officer', 'officers', 'party')),
  primary key (from_state, to_state, doer)
);
insert into identity.licence_move values
  ('issued', 'suspended', 'officer'), ('reinstated', 'suspended', 'officer'),
  ('suspended', 'suspended', 'officers'), ('appealed', 'appealed', 'officers'),
  ('suspended', 'appealed', 'party'),
  ('suspended', 'reinstated', 'officers'), ('appealed', 'reinstated', 'officers'),
  ('suspended', 'revoked', 'officers'), ('appealed', 'revoked', 'officers'),
  ('revoked', 'issued', 'officers');
call platform.make_append_only('identity.licence_move');
grant select on identity.licence_kind, identity.licence_move to aceso_api;
`;

// One row a step, never changed: the newest one of a party counts. \`until\`: the freeze of one officer ends then by itself.
const STEPS = `
create table identity.licence_step (
  party_id uuid not null references identity.party (id),
  number integer not null check (number >= 1),
  state text not null check (state in ('issued', 'suspended', 'appealed', 'reinstated', 'revoked')),
  at timestamptz not null,
  until timestamptz check (until > at or state = 'appealed'),
  doer text not null check (doer in ('registration', 'operator', 'officer', 'officers', 'party')),
  reason text check (reason in ('key-compromise', 'data-breach', 'misuse', 'licence-lapsed', 'inquiry', 'cleared', 'error')),
  proposed_by uuid references identity.party (id),
  proposed_with bytea references identity.statement (digest),
  confirmed_by uuid references identity.party (id),
  confirmed_with bytea unique references identity.statement (digest),
  appealed_with bytea unique references identity.statement (digest),
  primary key (party_id, number),
  constraint licence_two_officers check (proposed_by <> confirmed_by),
  constraint licence_doers check (
    (doer in ('officer', 'officers')) = (proposed_by is not null)
    and (doer in ('officer', 'officers')) = (proposed_with is not null)
    and (doer = 'officers') = (confirmed_by is not null) and (doer = 'officers') = (confirmed_with is not null)
    and (doer = 'party') = (appealed_with is not null)
    and (doer in ('registration', 'party')) = (reason is null)
    and (until is null or state in ('suspended', 'appealed') and doer in ('officer', 'party'))
  )
);
create index licence_stopped on identity.licence_step (party_id, number) where state in ('suspended', 'appealed', 'revoked');
create unique index licence_frozen_with on identity.licence_step (proposed_with) where doer = 'officer';
call platform.make_append_only('identity.licence_step');

-- What one officer wants done and a second one has to confirm: on the step that was the newest, until it expires.
create table identity.licence_proposal (
  statement_digest bytea primary key references identity.statement (digest),
  party_id uuid not null references identity.party (id),
  step text not null check (step in ('issued', 'suspended', 'reinstated', 'revoked')),
  reason text not null,
  proposed_by uuid not null references identity.party (id),
  proposed_at timestamptz not null,
  expires_at timestamptz not null check (expires_at = proposed_at + interval '72 hours'),
  on_number integer not null check (on_number >= 0)
);
create index licence_proposal_party on identity.licence_proposal (party_id, on_number);
call platform.make_append_only('identity.licence_proposal');

alter table identity.licence_step enable row level security, force row level security;
create policy owner on identity.licence_step to current_user using (true) with check (true);
create policy seen on identity.licence_step for select to aceso_api
  using (party_id = platform.acting_party() or ${IS_OFFICER});
create policy done on identity.licence_step for insert to aceso_api with check (
  case doer when 'officer' then proposed_by = platform.acting_party()
            when 'officers' then confirmed_by = platform.acting_party()
            when 'party' then party_id = platform.acting_party() else false end);
alter table identity.licence_proposal enable row level security, force row level security;
create policy owner on identity.licence_proposal to current_user using (true) with check (true);
create policy seen on identity.licence_proposal for select to aceso_api using (${IS_OFFICER});
create policy done on identity.licence_proposal for insert to aceso_api with check (proposed_by = platform.acting_party());
grant select, insert on identity.licence_step, identity.licence_proposal to aceso_api;

create policy licences on identity.statement for select to current_user
  using (typ in ('aceso/licence/v1', 'aceso/licence-appeal/v1'));
`;

// Whether a party may act: the one place that says it. Of no step at all a party is active: whoever needs a licence is issued one
// when it registers. Nobody's clock is asked, the moment is an argument.
const ACTIVE = `
create function identity.stopped_parties(moment timestamptz) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select s.party_id from identity.licence_step s
   where s.state in ('suspended', 'appealed', 'revoked') and (s.until is null or s.until > moment)
     and not exists (select from identity.licence_step n where n.party_id = s.party_id and n.number = s.number + 1)
$$;

create function identity.is_active(party uuid, moment timestamptz) returns boolean
language sql stable security definer set search_path = '' as $$
  select not exists (
    select from identity.licence_step s
     where s.party_id = party and s.state in ('suspended', 'appealed', 'revoked') and (s.until is null or s.until > moment)
       and not exists (select from identity.licence_step n where n.party_id = s.party_id and n.number = s.number + 1)
  )
$$;

-- Those of the parties that may act, none of whom is stopped until the end of the transaction: a step takes the same row.
create function identity.hold_active(parties uuid[], moment timestamptz) returns setof uuid
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from identity.party p where p.id = any (parties) order by p.id for share;
  return query select p.id from identity.party p where p.id = any (parties) and identity.is_active(p.id, moment);
end $$;

create function identity.require_active(parties uuid[], moment timestamptz) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select unnest(parties) except select identity.hold_active(parties, moment)) then
    raise exception 'a party whose licence is suspended or revoked does not act, and nothing of it leaves'
      using errcode = 'check_violation', constraint = 'party_active';
  end if;
end $$;
revoke execute on function identity.stopped_parties(timestamptz), identity.is_active(uuid, timestamptz),
  identity.hold_active(uuid[], timestamptz), identity.require_active(uuid[], timestamptz) from public;
grant execute on function identity.stopped_parties(timestamptz), identity.is_active(uuid, timestamptz),
  identity.hold_active(uuid[], timestamptz) to aceso_api, aceso_worker;
`;

// Registration by the operator's invitation issues the first licence. \`party.status\` said before who was suspended.
const ISSUANCE = `
create function identity.issue_first_licence() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into identity.licence_step (party_id, number, state, at, doer)
  select new.id, 1, 'issued', new.registered_at, 'registration' from identity.licence_kind k where k.role = new.role and k.licensed;
  return null;
end $$;
revoke execute on function identity.issue_first_licence() from public;

insert into identity.licence_step (party_id, number, state, at, doer)
select p.id, 1, 'issued', p.registered_at, 'registration'
  from identity.party p join identity.licence_kind k on k.role = p.role where k.licensed;
insert into identity.licence_step (party_id, number, state, at, doer, reason)
select p.id, case when k.licensed then 2 else 1 end, 'suspended', clock_timestamp(), 'operator', 'inquiry'
  from identity.party p join identity.licence_kind k on k.role = p.role where p.status = 'suspended';

create trigger first_licence after insert on identity.party
  for each row execute function identity.issue_first_licence();
alter table identity.party drop column status;

create or replace function identity.providers_of(physician uuid) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select m.provider_id from identity.membership m
   where m.physician_id = physician and m.ended_at is null and identity.is_active(m.provider_id, clock_timestamp())
$$;
`;
