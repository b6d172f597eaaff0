import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Requests in versions, decisions, what patients were asked, and orders; states move along rows of one table only. */
export class Marketplace0000000000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(MOVES);
    await runner.query(REQUEST);
    await runner.query(ASK);
    await runner.query(ORDER);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// The same moves as in libs/marketplace/domain; a test compares the two.
const MOVES = `
create schema marketplace;
grant usage on schema marketplace to aceso_api, aceso_worker;

create table marketplace.allowed_move (
  subject text not null,
  from_state text not null,
  to_state text not null,
  primary key (subject, from_state, to_state)
);
insert into marketplace.allowed_move values
  ('request', 'submitted', 'approved'), ('request', 'submitted', 'declined'), ('request', 'submitted', 'submitted'),
  ('request', 'submitted', 'cancelled'),
  ('request', 'approved', 'asking'), ('request', 'approved', 'submitted'), ('request', 'approved', 'cancelled'),
  ('request', 'declined', 'submitted'), ('request', 'declined', 'cancelled'),
  ('request', 'asking', 'funded'), ('request', 'asking', 'submitted'), ('request', 'asking', 'cancelled'),
  ('request', 'funded', 'cancelled'),
  ('order', 'funded', 'extracting'), ('order', 'funded', 'refunded'),
  ('order', 'extracting', 'released'), ('order', 'extracting', 'refunded'),
  ('order', 'released', 'delivered'),
  ('ask', 'asked', 'granted'), ('ask', 'asked', 'declined'), ('ask', 'granted', 'granted'), ('ask', 'granted', 'declined'),
  ('ask', 'declined', 'granted'), ('ask', 'declined', 'declined');
call platform.make_append_only('marketplace.allowed_move');

-- Arguments: what moves, and the state in which it starts.
create function marketplace.check_move() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> tg_argv[1] then
      raise exception 'a new % starts as %', tg_argv[0], tg_argv[1]
        using errcode = 'check_violation', constraint = 'state_move';
    end if;
  elsif not exists (
    select 1 from marketplace.allowed_move m
    where m.subject = tg_argv[0] and m.from_state = old.state and m.to_state = new.state
  ) then
    raise exception 'a % that is % cannot become %', tg_argv[0], old.state, new.state
      using errcode = 'check_violation', constraint = 'state_move';
  end if;
  return new;
end $$;
`;

const REQUEST = `
create table marketplace.request (
  id uuid primary key,
  buyer_id uuid not null references identity.party (id),
  cohort_id uuid not null,
  state text not null check (state in ('submitted', 'approved', 'declined', 'asking', 'funded', 'cancelled')),
  current_version integer not null default 1 check (current_version >= 1),
  created_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp()
);
create index request_buyer on marketplace.request (buyer_id, created_at, id);
create index request_in_review on marketplace.request (changed_at, id) where state = 'submitted';
create index request_waiting on marketplace.request (changed_at) where state in ('approved', 'asking');
create trigger request_moves before insert or update of state on marketplace.request
  for each row execute function marketplace.check_move('request', 'submitted');
grant select, insert, update (state, current_version, changed_at) on marketplace.request to aceso_api;
grant select, update (state, changed_at) on marketplace.request to aceso_worker;

create table marketplace.request_version (
  request_id uuid not null references marketplace.request (id),
  version integer not null check (version >= 1),
  cohort_id uuid not null,
  cohort_version integer not null,
  content jsonb not null,
  content_hash bytea not null check (octet_length(content_hash) = 32),
  answer_deadline timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (request_id, version),
  foreign key (cohort_id, cohort_version) references cohort.cohort (id, version)
);
call platform.make_append_only('marketplace.request_version');
grant select, insert on marketplace.request_version to aceso_api;
grant select on marketplace.request_version to aceso_worker;

create table marketplace.decision (
  request_id uuid not null,
  version integer not null,
  officer_id uuid not null references identity.party (id),
  decision text not null check (decision in ('approve', 'decline')),
  reason text not null check (length(reason) between 1 and 2000),
  decided_at timestamptz not null default clock_timestamp(),
  primary key (request_id, version),
  foreign key (request_id, version) references marketplace.request_version (request_id, version)
);
call platform.make_append_only('marketplace.decision');
grant select, insert on marketplace.decision to aceso_api;
grant select on marketplace.decision to aceso_worker;
`;

// Nobody but the patient sees an answer (privacy-and-keys section 9): the worker writes rows whose state it cannot read,
// the api reads those of the acting party, and everybody else gets sums.
const ASK = `
create table marketplace.ask (
  request_id uuid not null,
  version integer not null,
  person_id uuid not null references identity.patient (person_id),
  state text not null default 'asked' check (state in ('asked', 'granted', 'declined')),
  asked_at timestamptz not null default clock_timestamp(),
  answered_at timestamptz,
  primary key (request_id, version, person_id),
  foreign key (request_id, version) references marketplace.request_version (request_id, version),
  check ((state = 'asked') = (answered_at is null))
);
create index ask_person on marketplace.ask (person_id, asked_at, request_id);
create trigger ask_moves before insert or update of state on marketplace.ask
  for each row execute function marketplace.check_move('ask', 'asked');

create function marketplace.is_own(person uuid) returns boolean language sql stable security definer set search_path = '' as $$
  select exists (
    select 1 from identity.patient p
    where p.person_id = person and p.party_id = nullif(current_setting('aceso.party', true), '')::uuid
  )
$$;
revoke execute on function marketplace.is_own(uuid) from public;
grant execute on function marketplace.is_own(uuid) to aceso_api;

alter table marketplace.ask enable row level security, force row level security;
create policy owner on marketplace.ask to current_user using (true) with check (true);
create policy worker on marketplace.ask to aceso_worker using (true) with check (state = 'asked');
create policy own on marketplace.ask to aceso_api
  using (marketplace.is_own(person_id)) with check (marketplace.is_own(person_id));
grant select (request_id, version, person_id), insert (request_id, version, person_id) on marketplace.ask to aceso_worker;
grant select, update (state, answered_at) on marketplace.ask to aceso_api;

-- True numbers for the program's decisions; nobody outside is shown them.
create function marketplace.answers(request uuid, request_version integer)
returns table (asked integer, answered integer, granted integer)
language sql stable security definer set search_path = '' as $$
  select count(*)::integer, count(*) filter (where a.state <> 'asked')::integer,
         count(*) filter (where a.state = 'granted')::integer
    from marketplace.ask a where a.request_id = request and a.version = request_version
$$;
revoke execute on function marketplace.answers(uuid, integer) from public;
grant execute on function marketplace.answers(uuid, integer) to aceso_api;

-- The sums that are shown, behind the threshold: they move on by many answers at once, so that nobody who keeps looking
-- sees a single one arrive.
create table marketplace.shown_sums (
  request_id uuid not null,
  version integer not null,
  asked integer not null,
  answered integer not null default 0,
  granted integer not null default 0,
  final boolean not null default false,
  primary key (request_id, version),
  foreign key (request_id, version) references marketplace.request_version (request_id, version),
  check (0 <= granted and granted <= answered and answered <= asked)
);
grant insert (request_id, version, asked) on marketplace.shown_sums to aceso_worker;
grant select, update (answered, granted, final) on marketplace.shown_sums to aceso_api;
`;

// An order that ends has no money left in its escrow, whichever part of the program ended it.
const ORDER = `
create table marketplace."order" (
  id uuid primary key,
  request_id uuid not null unique,
  version integer not null,
  buyer_id uuid not null references identity.party (id),
  state text not null default 'funded'
    check (state in ('funded', 'extracting', 'released', 'delivered', 'refunded')),
  persons_max integer not null check (persons_max >= 15 and persons_max % 5 = 0),
  unit_minor bigint not null check (unit_minor > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  escrow_minor bigint not null check (escrow_minor = persons_max * unit_minor),
  reason text check (reason in ('COHORT_TOO_SMALL', 'K_NOT_REACHED', 'RISK_TOO_HIGH', 'GATE_MOVED',
                                'RECORD_UNREADABLE', 'ATTEMPTS_EXHAUSTED', 'CANCELLED_BY_BUYER')),
  funded_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp(),
  foreign key (request_id, version) references marketplace.request_version (request_id, version),
  check ((reason is not null) = (state = 'refunded'))
);
create index order_buyer on marketplace."order" (buyer_id, funded_at, id);
create index order_waiting on marketplace."order" (changed_at) where state = 'funded';
create trigger order_moves before insert or update of state on marketplace."order"
  for each row execute function marketplace.check_move('order', 'funded');

create function marketplace.check_escrow() returns trigger language plpgsql security definer set search_path = '' as $$
declare balance numeric;
begin
  select coalesce(sum(p.amount_minor), 0) into balance
    from settlement.account a join settlement.posting p on p.account_id = a.id
   where a.kind = 'escrow' and a.owner_id = new.id;
  if balance <> (case when new.state in ('funded', 'extracting') then new.escrow_minor else 0 end)
    or new.state in ('released', 'delivered', 'refunded') and not exists (
      select 1 from settlement.transfer t where t.order_id = new.id
        and t.kind = (case when new.state = 'refunded' then 'refund' else 'release' end)
    )
  then
    raise exception 'the escrow of an order that is % does not hold what it should', new.state
      using errcode = 'check_violation', constraint = 'order_escrow';
  end if;
  return null;
end $$;
create constraint trigger order_escrow after insert or update of state on marketplace."order"
  deferrable initially deferred for each row execute function marketplace.check_escrow();

grant select, insert, update (state, reason, changed_at) on marketplace."order" to aceso_api;
grant select, update (state, reason, changed_at) on marketplace."order" to aceso_worker;
`;
