// A payout is booked when its owner asks for it, and executed when an officer reads where the money goes. The vault's role reaches it
// by these two functions of its own schema: so it sees no table of money, and nobody who sees money sees an account of a bank.
export const PAYOUTS = `
create table settlement.payout_execution (
  transfer_id uuid primary key references settlement.transfer (id),
  officer_id uuid not null references identity.party (id),
  access_event_id uuid not null unique references audit.access_event (id),
  executed_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('settlement.payout_execution');

-- Whose payout it is and how it stands, held until the end of the transaction; no row for anybody but an officer.
create function vault.payee(of_payout uuid, officer uuid) returns table (
  party_id uuid, person_id uuid, amount_minor text, currency text, active boolean, executed_by uuid, executed_at timestamptz)
language plpgsql volatile security definer set search_path = '' as $$
declare payee uuid;
begin
  if not exists (select from identity.party p where p.id = officer and p.role = 'officer') then return; end if;
  perform from settlement.transfer t where t.id = of_payout and t.kind = 'payout' for no key update;
  select coalesce(patient.party_id, a.owner_id) into payee
    from settlement.transfer t join settlement.posting p on p.transfer_id = t.id join settlement.account a on a.id = p.account_id
    left join identity.patient on a.kind = 'patient' and patient.person_id = a.owner_id
   where t.id = of_payout and t.kind = 'payout' and a.kind <> 'outside';
  perform identity.hold_active(array[payee], clock_timestamp());
  return query
    select payee, patient.person_id, p.amount_minor::text, p.currency, identity.is_active(payee, clock_timestamp()),
           e.officer_id, e.executed_at
      from settlement.posting p join settlement.account a on a.id = p.account_id and a.kind = 'outside'
      left join identity.patient on patient.party_id = payee
      left join settlement.payout_execution e on e.transfer_id = of_payout
     where p.transfer_id = of_payout and payee is not null;
end $$;

-- Executed once, under an access event of the officer on the bank details of this payee, and never for a stopped one.
create function vault.execute_payout(of_payout uuid, event uuid) returns timestamptz
language plpgsql volatile security definer set search_path = '' as $$
declare
  officer uuid := (
    select e.actor_id from audit.access_event e
     where e.id = event and e.act = 'payout.executed' and e.outcome = 'permitted' and e.object_type = 'bank-details'
       and e.object_id = (select payee.party_id from vault.payee(of_payout, e.actor_id) payee where payee.active));
  moment timestamptz;
begin
  if officer is null then
    raise exception 'a payout is executed by an officer, for an active payee, under an access event on its bank details'
      using errcode = 'check_violation', constraint = 'payout_event';
  end if;
  insert into settlement.payout_execution (transfer_id, officer_id, access_event_id) values (of_payout, officer, event)
    returning executed_at into moment;
  return moment;
end $$;
revoke execute on function vault.payee(uuid, uuid), vault.execute_payout(uuid, uuid) from public;
grant execute on function vault.payee(uuid, uuid), vault.execute_payout(uuid, uuid) to aceso_vault;

-- What waits, longest first, for officers: sums, and nobody whose they are.
create function settlement.open_payouts(after uuid, rows_max integer)
returns table (id uuid, amount_minor text, currency text, requested_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select t.id, p.amount_minor::text, p.currency, t.booked_at
    from settlement.transfer t
    join settlement.posting p on p.transfer_id = t.id
    join settlement.account a on a.id = p.account_id and a.kind = 'outside'
   where t.kind = 'payout' and not exists (select from settlement.payout_execution e where e.transfer_id = t.id)
     and (after is null or (t.booked_at, t.id) > (select l.booked_at, l.id from settlement.transfer l where l.id = after))
     and exists (select from identity.party o where o.id = platform.acting_party() and o.role = 'officer')
   order by t.booked_at, t.id limit rows_max
$$;
create index transfer_payouts on settlement.transfer (booked_at, id) where kind = 'payout';
revoke execute on function settlement.open_payouts(uuid, integer) from public;
grant execute on function settlement.open_payouts(uuid, integer) to aceso_api;

-- For functions of the owner, who could read the table anyway.
create policy owner on audit.access_event for select to current_user using (true);
`;
