import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Double-entry accounts. The database itself keeps the promises: postings of a transfer sum to zero per currency,
 * nobody but the outside has less than nothing, a business fact is booked once, and nothing booked changes.
 */
export class Settlement0000000000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ACCOUNTS);
    await runner.query(TRANSFERS);
    await runner.query(POOLS);
    await runner.query(CHECKS);
    await runner.query(OWNERSHIP);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// `debits` counts withdrawals and additions to a pool: raising it makes two of them meet on one row at every isolation level.
const ACCOUNTS = `
create schema settlement;
grant usage on schema settlement to aceso_api, aceso_worker;

create table settlement.account_kind (
  kind text primary key,
  may_be_negative boolean not null
);
insert into settlement.account_kind values
  ('buyer', false), ('escrow', false), ('patient', false), ('provider', false), ('platform', false), ('outside', true);

create table settlement.account (
  id uuid primary key default gen_random_uuid(),
  kind text not null references settlement.account_kind,
  owner_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  debits bigint not null default 0,
  opened_at timestamptz not null default clock_timestamp(),
  unique (kind, owner_id, currency),
  unique (id, currency),
  check ((owner_id = '00000000-0000-0000-0000-000000000000') = (kind in ('platform', 'outside')))
);
grant select, insert on settlement.account to aceso_api, aceso_worker;
`;

// `booked_in` is the database transaction that made the transfer: no later one can add a posting to it.
const TRANSFERS = `
create table settlement.transfer (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('deposit', 'fund', 'release', 'refund', 'payout')),
  natural_key text not null unique check (length(natural_key) <= 200 and starts_with(natural_key, kind || ':')),
  order_id uuid,
  digest bytea not null check (octet_length(digest) = 32),
  booked_in xid8 not null default pg_current_xact_id(),
  booked_at timestamptz not null default clock_timestamp(),
  check ((order_id is null) = (kind in ('deposit', 'payout')))
);
create unique index escrow_settled_once on settlement.transfer (order_id) where kind in ('release', 'refund');

create table settlement.posting (
  transfer_id uuid not null references settlement.transfer,
  account_id uuid not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor <> 0),
  primary key (transfer_id, account_id),
  foreign key (account_id, currency) references settlement.account (id, currency)
);
create index posting_account on settlement.posting (account_id) include (amount_minor);

call platform.make_append_only('settlement.transfer');
call platform.make_append_only('settlement.posting');
call platform.make_append_only('settlement.account_kind');
grant select, insert on settlement.transfer, settlement.posting to aceso_api, aceso_worker;
`;

// privacy-and-keys section 9: what one order brings a provider says how many of its patients are in it. So its money is shown
// and paid in pools of eleven patients or more; until a pool closes, it stays in the account. Postings know nothing of this.
const POOLS = `
create table settlement.provider_pool (
  account_id uuid not null references settlement.account,
  number integer not null check (number >= 1),
  amount_minor bigint not null check (amount_minor > 0),
  persons integer not null check (persons >= 11),
  closed_at timestamptz not null default clock_timestamp(),
  primary key (account_id, number)
);
call platform.make_append_only('settlement.provider_pool');

-- Whose shares are in a provider's open pool; the rows go when it closes. No role reads them.
create table settlement.open_share (
  account_id uuid not null references settlement.account,
  person_id uuid not null,
  primary key (account_id, person_id)
);

-- Adds the patients of one release to the open pools of their providers (pairs), and closes those that have enough: each
-- into one row with all that the provider earned since the last one. Comes after the postings of the release.
create function settlement.add_to_pools(in_currency text, providers uuid[], persons uuid[]) returns void
language plpgsql security definer set search_path = '' as $$
declare accounts uuid[];
begin
  -- Releases with a common provider wait here, in one order for everybody, and go on knowing each other's patients.
  select array_agg(a.id order by a.id) into accounts from settlement.account a
    where a.kind = 'provider' and a.currency = in_currency and a.owner_id = any (providers);
  perform 1 from settlement.account a where a.id = any (accounts) order by a.id for no key update of a;
  update settlement.account a set debits = debits + 1 where a.id = any (accounts);

  insert into settlement.open_share (account_id, person_id)
    select a.id, share.person_id
      from unnest(providers, persons) as share (provider_id, person_id)
      join settlement.account a on a.kind = 'provider' and a.currency = in_currency and a.owner_id = share.provider_id
    on conflict do nothing;

  with closing as (
    select s.account_id, count(*) as persons from settlement.open_share s
     where s.account_id = any (accounts) group by s.account_id having count(*) >= 11
  ), emptied as (
    delete from settlement.open_share s using closing where s.account_id = closing.account_id
  )
  insert into settlement.provider_pool (account_id, number, amount_minor, persons)
    select closing.account_id, earlier.pools + 1, earned.amount - earlier.amount, closing.persons
      from closing,
      lateral (select count(*) as pools, coalesce(sum(l.amount_minor), 0) as amount
                 from settlement.provider_pool l where l.account_id = closing.account_id) as earlier,
      lateral (select sum(p.amount_minor) as amount from settlement.posting p
                where p.account_id = closing.account_id and p.amount_minor > 0) as earned;
end $$;
revoke execute on function settlement.add_to_pools(text, uuid[], uuid[]) from public;
grant execute on function settlement.add_to_pools(text, uuid[], uuid[]) to aceso_worker;
grant select (account_id, number, amount_minor, closed_at) on settlement.provider_pool to aceso_api, aceso_worker;
`;

// Functions of the owner: the roles may add postings, but neither skip these checks nor touch `debits`.
const CHECKS = `
create function settlement.check_postings() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if exists (
    select 1 from added join settlement.transfer t on t.id = added.transfer_id
    where t.booked_in <> pg_catalog.pg_current_xact_id()
  ) or exists (
    select added.transfer_id from added group by added.transfer_id
    having count(*) <> (select count(*) from settlement.posting p where p.transfer_id = added.transfer_id)
  ) then
    raise exception 'a transfer gets all its postings at once' using errcode = 'check_violation', constraint = 'transfer_closed';
  end if;

  -- The lock comes before the sum, in one order for everybody: two withdrawals cannot both see the older balance.
  perform 1 from settlement.account a join settlement.account_kind k using (kind)
    where not k.may_be_negative and a.id in (select account_id from added where amount_minor < 0)
    order by a.id for no key update of a;
  update settlement.account a set debits = debits + 1
    from settlement.account_kind k
    where k.kind = a.kind and not k.may_be_negative
      and a.id in (select account_id from added where amount_minor < 0);

  -- A provider spends what its closed pools hold, anybody else the balance.
  if exists (
    select p.account_id from settlement.posting p
      join settlement.account a on a.id = p.account_id
      join settlement.account_kind k on k.kind = a.kind and not k.may_be_negative
    where p.account_id in (select account_id from added where amount_minor < 0)
    group by p.account_id
    having sum(p.amount_minor) filter (where a.kind <> 'provider' or p.amount_minor < 0)
      + coalesce((select sum(l.amount_minor) from settlement.provider_pool l where l.account_id = p.account_id), 0) < 0
  ) then
    raise exception 'the balance does not cover this' using errcode = 'check_violation', constraint = 'balance_not_negative';
  end if;
  return null;
end $$;
create trigger postings_checked after insert on settlement.posting
  referencing new table as added for each statement execute function settlement.check_postings();

create function settlement.check_zero_sum() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if (select count(*) from settlement.posting p where p.transfer_id = new.id) < 2 or exists (
    select 1 from settlement.posting p where p.transfer_id = new.id group by p.currency having sum(p.amount_minor) <> 0
  ) then
    raise exception 'postings of a transfer sum to zero' using errcode = 'check_violation', constraint = 'transfer_sums_to_zero';
  end if;
  return null;
end $$;
create constraint trigger transfer_sums_to_zero after insert on settlement.transfer
  deferrable initially deferred for each row execute function settlement.check_zero_sum();
`;

// privacy-and-keys section 9: the process that faces the network sees a patient's or provider's money as that party only, and of a
// provider's what closed pools hold.
const OWNERSHIP = `
create function settlement.is_own(owner uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$
declare party uuid := nullif(current_setting('aceso.party', true), '')::uuid;
begin
  return owner = party or exists (select 1 from identity.patient p where p.party_id = party and p.person_id = owner);
end $$;
revoke execute on function settlement.is_own(uuid) from public;
grant execute on function settlement.is_own(uuid) to aceso_api;

-- Sums of a release by kind of owner: what its buyer may see of it.
create function settlement.release_totals(of_order uuid) returns table (kind text, amount_minor text, currency text)
language sql stable security definer set search_path = '' as $$
  select a.kind, sum(p.amount_minor)::text, p.currency
    from settlement.transfer t
    join settlement.posting p on p.transfer_id = t.id
    join settlement.account a on a.id = p.account_id
   where t.order_id = of_order and t.kind in ('release', 'refund') and p.amount_minor > 0
   group by a.kind, p.currency
$$;
revoke execute on function settlement.release_totals(uuid) from public;
grant execute on function settlement.release_totals(uuid) to aceso_api, aceso_worker;

alter table settlement.account enable row level security;
alter table settlement.account force row level security;
create policy account_owner on settlement.account to current_user using (true) with check (true);
create policy account_worker on settlement.account to aceso_worker using (true) with check (true);
create policy account_opens on settlement.account for insert to aceso_api with check (true);
create policy account_own on settlement.account for select to aceso_api
  using (kind not in ('patient', 'provider') or settlement.is_own(owner_id));

alter table settlement.posting enable row level security;
alter table settlement.posting force row level security;
create policy posting_owner on settlement.posting to current_user using (true) with check (true);
create policy posting_worker on settlement.posting to aceso_worker using (true) with check (true);
create policy posting_adds on settlement.posting for insert to aceso_api with check (true);
create policy posting_own on settlement.posting for select to aceso_api using (
  exists (
    select 1 from settlement.account a
    where a.id = account_id and (a.kind = 'escrow' or settlement.is_own(a.owner_id))
      and (a.kind <> 'provider' or amount_minor < 0)
  )
);

alter table settlement.provider_pool enable row level security;
alter table settlement.provider_pool force row level security;
create policy pool_owner on settlement.provider_pool to current_user using (true) with check (true);
create policy pool_worker on settlement.provider_pool for select to aceso_worker using (true);
create policy pool_own on settlement.provider_pool for select to aceso_api using (
  exists (select 1 from settlement.account a where a.id = account_id and settlement.is_own(a.owner_id))
);
`;
