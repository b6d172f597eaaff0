import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a process that was taken over cannot do: the database says which account pays which, and by whose hand. */
export class Guards0000000000018 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TRANSFER_RULES);
    await runner.query(TRANSFER_ROLES);
    await runner.query(ESCROW);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Which kinds of account a kind of transfer takes from (-1) and gives to (1). An escrow is its order's, and what leaves it for a
// buyer goes to the account that filled it.
const TRANSFER_RULES = `
create table settlement.transfer_rule (
  kind text not null,
  account_kind text not null references settlement.account_kind,
  side smallint not null check (side in (-1, 1)),
  primary key (kind, account_kind)
);
insert into settlement.transfer_rule values
  ('deposit', 'outside', -1), ('deposit', 'buyer', 1),
  ('fund', 'buyer', -1), ('fund', 'escrow', 1),
  ('release', 'escrow', -1), ('release', 'patient', 1), ('release', 'provider', 1), ('release', 'platform', 1),
  ('release', 'buyer', 1),
  ('refund', 'escrow', -1), ('refund', 'buyer', 1),
  ('payout', 'patient', -1), ('payout', 'provider', -1), ('payout', 'outside', 1);
call platform.make_append_only('settlement.transfer_rule');

create function settlement.check_rules() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.order_id is not null and new.natural_key <> new.kind || ':' || new.order_id
    or exists (
      select from settlement.posting p join settlement.account a on a.id = p.account_id
       where p.transfer_id = new.id and (
         not exists (
           select from settlement.transfer_rule r
            where r.kind = new.kind and r.account_kind = a.kind and r.side = sign(p.amount_minor)
         )
         or a.kind = 'escrow' and a.owner_id <> new.order_id
         or a.kind = 'buyer' and new.kind in ('release', 'refund') and not exists (
           select from settlement.transfer f join settlement.posting paid on paid.transfer_id = f.id
            where f.natural_key = 'fund:' || new.order_id and paid.account_id = a.id
         )
         or a.kind = 'buyer' and new.kind = 'fund' and exists (
           select from marketplace."order" o where o.id = new.order_id and o.buyer_id <> a.owner_id
         )
       )
    )
  then
    raise exception 'a % does not move money between these accounts', new.kind
      using errcode = 'check_violation', constraint = 'transfer_rules';
  end if;
  return null;
end $$;
create constraint trigger transfer_rules after insert on settlement.transfer
  deferrable initially deferred for each row execute function settlement.check_rules();
`;

// The process on the network sets money aside for an order that stands, and gives it back for one that ended without data. Paying
// an escrow out is the worker's.
const TRANSFER_ROLES = `
alter table settlement.transfer enable row level security, force row level security;
create policy transfer_owner on settlement.transfer to current_user using (true) with check (true);
create policy transfer_worker on settlement.transfer to aceso_worker using (true) with check (true);
create policy transfer_seen on settlement.transfer for select to aceso_api using (true);
create policy transfer_books on settlement.transfer for insert to aceso_api with check (
  kind in ('deposit', 'payout') or exists (
    select from marketplace."order" o
     where o.id = order_id and (kind, o.state) in (('fund', 'funded'), ('refund', 'refunded'))
  )
);
`;

// The same check at both ends: an order that moves without its money, and money that moves without its order.
const ESCROW = `
create or replace function marketplace.check_escrow() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  subject uuid;
  held marketplace."order";
  balance numeric;
begin
  if tg_table_name = 'transfer' then subject := new.order_id; else subject := new.id; end if;
  select * into held from marketplace."order" o where o.id = subject;
  if held.id is null then return null; end if;
  select coalesce(sum(p.amount_minor), 0) into balance
    from settlement.account a join settlement.posting p on p.account_id = a.id
   where a.kind = 'escrow' and a.owner_id = held.id;
  if balance <> (case when held.state in ('funded', 'extracting') then held.escrow_minor else 0 end)
    or held.state in ('released', 'delivered', 'refunded') and not exists (
      select from settlement.transfer t where t.order_id = held.id
        and t.kind = (case when held.state = 'refunded' then 'refund' else 'release' end)
    )
  then
    raise exception 'the escrow of an order that is % does not hold what it should', held.state
      using errcode = 'check_violation', constraint = 'order_escrow';
  end if;
  return null;
end $$;
create constraint trigger order_escrow after insert on settlement.transfer
  deferrable initially deferred for each row when (new.order_id is not null) execute function marketplace.check_escrow();
`;
