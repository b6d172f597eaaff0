import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rows are there for the party that they belong to, whatever the program asks for. */
export class OwnRows0000000000019 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(OWN_ROWS);
    await runner.query(REQUESTS);
    await runner.query(ORDERS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Under role api a row is there for the party that it belongs to (privacy-and-keys section 8). Functions and views of the owner
// that read such a table have a policy of their own.
const OWN_ROWS = `
create function platform.acting_party() returns uuid language sql stable as $$
  select nullif(current_setting('aceso.party', true), '')::uuid
$$;

do $$
declare
  of text[];
  owned text;
  target regclass;
begin
  foreach of slice 1 in array array[
    ['platform.idempotency', 'actor_id'], ['identity.statement_chain', 'party_id'], ['identity.link_confirmation', null],
    ['consent.discovery_terms', null], ['cohort.cohort', 'owner_id'], ['cohort.query', 'party_id']
  ] loop
    target := of[1]::regclass;
    owned := case when of[2] is null
      then 'person_id in (select p.person_id from identity.patient p where p.party_id = platform.acting_party())'
      else format('%I = platform.acting_party()', of[2]) end;
    execute format('alter table %s enable row level security, force row level security', target);
    execute format('create policy own on %s to aceso_api using (%s) with check (%s)', target, owned, owned);
  end loop;
end $$;
create policy forgets on platform.idempotency to aceso_worker using (true);
create policy work on identity.link_confirmation for select to aceso_worker using (true);
create policy work on cohort.cohort for select to aceso_worker using (true);
create policy owner on consent.discovery_terms to current_user using (true) with check (true);
`;

const IS_OFFICER = `exists (
  select from identity.party p where p.id = platform.acting_party() and p.role = 'officer'
)`;

// A request is its buyer's and the officers'; whoever was asked reads it too, and locks it while answering.
const REQUESTS = `
alter table marketplace.request enable row level security, force row level security;
create policy owner on marketplace.request to current_user using (true) with check (true);
create policy work on marketplace.request to aceso_worker using (true) with check (true);
create policy seen on marketplace.request for select to aceso_api using (
  buyer_id = platform.acting_party() or ${IS_OFFICER} or exists (
    select from identity.patient p join marketplace.ask a using (person_id)
     where p.party_id = platform.acting_party() and a.request_id = request.id
  )
);
create policy sent on marketplace.request for insert to aceso_api with check (buyer_id = platform.acting_party());
create policy moved on marketplace.request for update to aceso_api
  using (true) with check (buyer_id = platform.acting_party() or ${IS_OFFICER});

do $$
declare target regclass;
begin
  foreach target in array array['marketplace.request_version', 'marketplace.decision', 'marketplace.shown_sums'] loop
    execute format('alter table %s enable row level security, force row level security', target);
    execute format('create policy work on %s to aceso_worker using (true) with check (true)', target);
    execute format('create policy of_request on %s to aceso_api
      using (exists (select from marketplace.request r where r.id = request_id))', target);
  end loop;
end $$;
`;

// An order is its buyer's, who may end it by cancelling; officers see that there is one.
const ORDERS = `
alter table marketplace."order" enable row level security, force row level security;
create policy owner on marketplace."order" to current_user using (true) with check (true);
create policy work on marketplace."order" to aceso_worker using (true) with check (true);
create policy seen on marketplace."order" for select to aceso_api
  using (buyer_id = platform.acting_party() or ${IS_OFFICER});
create policy funded on marketplace."order" for insert to aceso_api with check (buyer_id = platform.acting_party());
create policy cancelled on marketplace."order" for update to aceso_api
  using (buyer_id = platform.acting_party())
  with check (buyer_id = platform.acting_party() and (state, reason) = ('refunded', 'CANCELLED_BY_BUYER'));
`;
