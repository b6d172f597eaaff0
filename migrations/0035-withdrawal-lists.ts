import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lists of who withdrew after a package was fetched, for its buyer; and what a patient sees of its own part in packages. */
export class WithdrawalLists0000000000035 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LISTS);
    await runner.query(MEMBERS);
    await runner.query(ROWS);
    await runner.query(WITHDRAWN);
    await runner.query(DEPARTURES);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A list is made in one transaction and made ready (encrypted) in another. It holds no person and no pseudonym: both are
// computed under the sale key, which goes with the permit. round: number of the interval in which it was made, the same for all orders.
const LISTS = `
create table extraction.withdrawal_round (
  round integer primary key check (round >= 0),
  ran_at timestamptz not null default clock_timestamp()
);

create table extraction.withdrawal_list (
  id uuid primary key,
  order_id uuid not null references marketplace."order" (id),
  package_id uuid not null references extraction.package (id),
  number integer not null check (number >= 1),
  round integer not null check (round >= 0),
  list_sha256 text not null check (list_sha256 ~ '^[0-9a-f]{64}$'),
  entry_id uuid not null unique,
  made_at timestamptz not null,
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  bytes bigint check (bytes > 0),
  blob_key text,
  ready_at timestamptz,
  unique (order_id, number),
  unique (order_id, round),
  check (num_nulls(ready_at, sha256, bytes, blob_key) in (0, 4))
);
create index withdrawal_list_unready on extraction.withdrawal_list (made_at) where ready_at is null;

create table extraction.withdrawal_fetch (
  id uuid primary key,
  list_id uuid not null references extraction.withdrawal_list (id),
  access_event_id uuid not null unique,
  entry_id uuid not null unique,
  fetched_at timestamptz not null default clock_timestamp()
);
create index withdrawal_fetch_list on extraction.withdrawal_fetch (list_id, fetched_at);

create table extraction.withdrawal_acknowledgement (
  list_id uuid primary key references extraction.withdrawal_list (id),
  statement_digest bytea not null unique references identity.statement (digest),
  acknowledged_at timestamptz not null
);
call platform.make_append_only('extraction.withdrawal_round');
call platform.make_append_only('extraction.withdrawal_fetch');
call platform.make_append_only('extraction.withdrawal_acknowledgement');

-- What was made stays; it becomes ready once.
create function extraction.check_withdrawal_list() returns trigger language plpgsql set search_path = '' as $$
begin
  if old.ready_at is not null or (to_jsonb(new) - '{sha256,bytes,blob_key,ready_at}'::text[])
    <> (to_jsonb(old) - '{sha256,bytes,blob_key,ready_at}'::text[])
  then
    raise exception 'a withdrawal list stays as it was made' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger stays before update on extraction.withdrawal_list
  for each row execute function extraction.check_withdrawal_list();
create trigger never_deleted before delete on extraction.withdrawal_list
  for each row execute function platform.refuse_change();
create trigger never_truncated before truncate on extraction.withdrawal_list
  for each statement execute function platform.refuse_change();
`;

// Where a person stands beside an order already. Who withdrew does not come back, and stands on one list.
const MEMBERS = `
alter table extraction.member
  add column withdrawn_on date,
  add column withdrawal_list_id uuid references extraction.withdrawal_list (id),
  add check (withdrawn_on is null or state = 'released'),
  add check (withdrawal_list_id is null or withdrawn_on is not null);
create index member_withdrawal_list on extraction.member (withdrawal_list_id) where withdrawal_list_id is not null;

create function extraction.keep_withdrawn() returns trigger language plpgsql set search_path = '' as $$
begin
  if old.withdrawn_on is not null and new.withdrawn_on is distinct from old.withdrawn_on
    or old.withdrawal_list_id is not null and new.withdrawal_list_id is distinct from old.withdrawal_list_id
  then
    raise exception 'a withdrawal stays' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger withdrawal_stays before update on extraction.member
  for each row execute function extraction.keep_withdrawn();

-- As WITHDRAWAL_BATCH_MIN in libs/extraction/domain; a test compares the two.
create function extraction.check_withdrawal_batch() returns trigger language plpgsql set search_path = '' as $$
begin
  if (select count(*) from extraction.member m where m.withdrawal_list_id = new.id) < 5 then
    raise exception 'a withdrawal list has five persons or more' using errcode = 'check_violation', constraint = 'withdrawal_batch';
  end if;
  return null;
end $$;
create constraint trigger batch after insert on extraction.withdrawal_list deferrable initially deferred
  for each row execute function extraction.check_withdrawal_batch();
`;

// A buyer sees lists of its own orders, and fetches and acknowledges no others.
const ROWS = `
do $$
declare target regclass;
begin
  foreach target in array array[
    'extraction.withdrawal_list', 'extraction.withdrawal_fetch', 'extraction.withdrawal_acknowledgement'
  ]::regclass[] loop
    execute format('alter table %s enable row level security, force row level security', target);
    execute format('create policy owner on %s for select to current_user using (true)', target);
    execute format('create policy work on %s to aceso_worker using (true) with check (true)', target);
  end loop;
end $$;
create policy own on extraction.withdrawal_list for select to aceso_api using (
  exists (select from marketplace."order" o where o.id = order_id and o.buyer_id = platform.acting_party())
);
create policy own on extraction.withdrawal_fetch to aceso_api
  using (exists (select from extraction.withdrawal_list l where l.id = list_id))
  with check (exists (select from extraction.withdrawal_list l where l.id = list_id and l.ready_at is not null));
create policy own on extraction.withdrawal_acknowledgement to aceso_api
  using (exists (select from extraction.withdrawal_list l where l.id = list_id))
  with check (exists (select from extraction.withdrawal_fetch f where f.list_id = withdrawal_acknowledgement.list_id));
grant select, insert on extraction.withdrawal_round to aceso_worker;
grant select, insert, update (sha256, bytes, blob_key, ready_at) on extraction.withdrawal_list to aceso_worker;
grant select on extraction.withdrawal_list to aceso_api;
grant select, insert on extraction.withdrawal_fetch, extraction.withdrawal_acknowledgement to aceso_api;
grant select on extraction.withdrawal_fetch, extraction.withdrawal_acknowledgement to aceso_worker;
`;

// A person withdrew from a release when the grant was revoked, when a source record that the grant names is no longer bound to
// it (erased, unbound, of somebody else), or when its rules keep everything back from the buyer. A grant that ran out is none.
const WITHDRAWN = `
create policy withdrawal on consent.revocation for select to current_user using (true);

create function extraction.withdrew(person uuid, permitted text, buyer uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select not exists (select from consent.grant c where c.digest = decode(permitted, 'hex'))
      or exists (select from consent.revocation r where r.grant_digest = decode(permitted, 'hex'))
      or exists (
        select from consent.grant c, jsonb_array_elements(c.records_up_to) h
         where c.digest = decode(permitted, 'hex') and not exists (
           select from identity.binding b
            where b.source_record_id = (h ->> 'sourceRecord')::uuid and b.person_id = person and b.ended_at is null
         )
      )
      or exists (select from consent.permission_rule p where p.person_id = person)
        and not consent.research_may_ask(person, buyer)
$$;
revoke execute on function extraction.withdrew(uuid, text, uuid) from public;
grant execute on function extraction.withdrew(uuid, text, uuid) to aceso_worker;
`;

// Of packages that were fetched: what left of the acting patient, and what became of its withdrawal.
const DEPARTURES = `
create function extraction.own_departures()
returns table (order_id uuid, left_at timestamptz, withdrawn boolean, list_number integer, sent_at timestamptz,
               acknowledged_at timestamptz, recall_ends date, recall_ended boolean)
language sql stable security definer set search_path = '' as $$
  select p.order_id, p.first_fetched_at,
         m.withdrawn_on is not null or extraction.withdrew(m.person_id, m.grant_digest, o.buyer_id),
         l.number, l.ready_at, a.acknowledged_at, k.destroy_on, k.wrapped is null
    from identity.patient me
    join extraction.member m on m.person_id = me.person_id and m.state = 'released'
    join extraction.package p on p.attempt_id = m.attempt_id and p.first_fetched_at is not null
    join marketplace."order" o on o.id = p.order_id
    join extraction.sale_key k on k.order_id = p.order_id
    left join extraction.withdrawal_list l on l.id = m.withdrawal_list_id
    left join extraction.withdrawal_acknowledgement a on a.list_id = l.id
   where me.party_id = platform.acting_party()
$$;
revoke execute on function extraction.own_departures() from public;
grant execute on function extraction.own_departures() to aceso_api;
`;
