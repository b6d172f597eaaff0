import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a party may list receipts of, which entry shows the head of a chain, and how openings are erased. */
export class ReceiptsAndErasure0000000000013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(OWN_RECEIPTS);
    await runner.query(CHAIN_ENTRIES);
    await runner.query(OWN_PARTICIPATION);
    await runner.query(ERASURE);
    await runner.query(ERASING);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Everything that concerns the acting party: itself, its person, its bound source records, its requests and orders. Lists
// start from here; the policy says the same for whoever asks for one entry.
const OWN_RECEIPTS = `
create view ledger.own_subject with (security_invoker) as
  with me as (select nullif(current_setting('aceso.party', true), '')::uuid as party_id)
  select party_id as subject_id from me where party_id is not null
  union all
  select patient.person_id from me join identity.patient using (party_id)
  union all
  select binding.source_record_id
    from me join identity.patient using (party_id) join identity.binding using (person_id)
   where binding.ended_at is null
  union all
  select request.id from me join marketplace.request on request.buyer_id = me.party_id
  union all
  select bought.id from me join marketplace."order" bought on bought.buyer_id = me.party_id;
grant select on ledger.own_subject to aceso_api;

create policy own_subject on ledger.opening for select to aceso_api
  using (subject_id in (select subject_id from ledger.own_subject));

-- Pages of one subject, newest first.
drop index ledger.opening_subject;
create index opening_subject on ledger.opening (subject_id, index);

-- Whoever shows the opening of an entry holds its receipt: for it, the api sees whether this one row is still there.
create policy held on ledger.opening for select to aceso_api
  using (index = nullif(current_setting('aceso.held_entry', true), '')::bigint);
`;

// The event (and so the ledger entry) in which a statement of a chain was recorded.
const CHAIN_ENTRIES = `
create table identity.statement_event (
  statement_digest bytea primary key references identity.statement (digest),
  party_id uuid not null references identity.party (id),
  event_id uuid not null unique references audit.access_event (id)
);
call platform.make_append_only('identity.statement_event');
alter table identity.statement_event enable row level security, force row level security;
create policy own on identity.statement_event to aceso_api
  using (party_id = nullif(current_setting('aceso.party', true), '')::uuid)
  with check (party_id = nullif(current_setting('aceso.party', true), '')::uuid);
grant select, insert on identity.statement_event to aceso_api;
`;

// Rows join persons and orders: the api sees those of the acting party, and reads their content with an access event. Of
// a provider only parts of enough patients; parts from before have no opening to show.
const OWN_PARTICIPATION = `
alter table extraction.participation add column shown boolean not null default false;
alter table extraction.participation alter column shown drop default;
alter table extraction.participation enable row level security, force row level security;
create policy work on extraction.participation to aceso_worker using (true) with check (true);
create policy own on extraction.participation for select to aceso_api
  using (shown and owner_id in (select subject_id from ledger.own_subject));
grant select on extraction.participation to aceso_api;
`;

// transparency-log.md 12.3. leaves: hashes over what was erased, sorted; without the seed in the entry's opening they say
// nothing, and that opening goes at open_until.
const ERASURE = `
create table ledger.awaiting_erasure (
  subject_id uuid primary key check (subject_id <> '00000000-0000-0000-0000-000000000000'),
  basis text not null check (basis ~ '^gdpr-17-1-[a-f]$'),
  since timestamptz not null default clock_timestamp()
);
create index awaiting_erasure_since on ledger.awaiting_erasure (since);
grant select, insert, delete on ledger.awaiting_erasure to aceso_worker;

create table ledger.erasure (
  id uuid primary key,
  entry_id uuid not null unique,
  leaves bytea not null check (octet_length(leaves) % 32 = 0),
  root bytea not null check (octet_length(root) = 32),
  open_until date not null,
  transaction_id xid8 not null default pg_current_xact_id(),
  erased_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('ledger.erasure');
grant select, insert (id, entry_id, leaves, root, open_until) on ledger.erasure to aceso_worker;

-- Who is in here gets no key and no opening any more: not from a key that a process still remembers either.
create table ledger.erased_subject (
  subject_id uuid primary key check (subject_id <> '00000000-0000-0000-0000-000000000000'),
  erasure_id uuid not null references ledger.erasure (id) deferrable initially deferred
);
call platform.make_append_only('ledger.erased_subject');
grant select on ledger.erased_subject to aceso_api, aceso_worker, aceso_vault, aceso_sequencer;
grant insert on ledger.erased_subject to aceso_worker;
`;

// No opening and no key goes without an entry in the log that says so: a row needs its subject's erasure, an erasure needs
// its entry in the same transaction. That holds for the owner of the tables, too.
const ERASING = `
create function ledger.refuse_unexplained() returns trigger language plpgsql set search_path = '' as $$
begin
  if not exists (select from ledger.erased_subject e where e.subject_id = old.subject_id) then
    raise exception 'a row of % goes with an erasure only', tg_table_name using errcode = 'restrict_violation';
  end if;
  return old;
end $$;
create trigger opening_goes before delete on ledger.opening
  for each row execute function ledger.refuse_unexplained();
create trigger opening_truncate before truncate on ledger.opening
  for each statement execute function platform.refuse_change();
create trigger subject_key_goes before delete on ledger.subject_key
  for each row execute function ledger.refuse_unexplained();
create trigger subject_key_truncate before truncate on ledger.subject_key
  for each statement execute function platform.refuse_change();

-- An erasure's own opening (the subject is the erasure itself) goes at its date, without another entry.
create function ledger.check_erased_subject() returns trigger language plpgsql set search_path = '' as $$
begin
  if not exists (
    select from ledger.erasure e where e.id = new.erasure_id and case when e.id = new.subject_id
      then e.open_until <= current_date else e.transaction_id = pg_current_xact_id() end
  ) then
    raise exception 'a subject is erased by an erasure of the same transaction' using errcode = 'restrict_violation';
  end if;
  return null;
end $$;
create constraint trigger erased_by after insert on ledger.erased_subject deferrable initially deferred
  for each row execute function ledger.check_erased_subject();

create function ledger.check_erasure() returns trigger language plpgsql set search_path = '' as $$
begin
  if not exists (select from ledger.pending p where p.id = new.entry_id) then
    raise exception 'an erasure is an entry of the log' using errcode = 'restrict_violation';
  end if;
  return null;
end $$;
create constraint trigger erasure_is_logged after insert on ledger.erasure deferrable initially deferred
  for each row execute function ledger.check_erasure();

grant select (id) on ledger.pending to aceso_worker;
grant delete on ledger.opening, ledger.subject_key to aceso_worker;
create policy erase on ledger.opening for delete to aceso_worker
  using (subject_id in (select e.subject_id from ledger.erased_subject e));
`;
