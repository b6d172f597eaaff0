import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Terms that answer by themselves, their answers beside grants, and what kind of organisation a research center is. */
export class StandingTerms0000000000029 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(RESEARCH_CENTER);
    await runner.query(TERMS);
    await runner.query(ANSWERS);
    await runner.query(ASKS);
    await runner.query(BUNDLE);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Stated by the operator with the invitation, and by nobody else: requests carry it, and terms of patients look at it.
const RESEARCH_CENTER = `
alter table identity.invitation
  add column buyer_kind text check (buyer_kind in ('university', 'hospital', 'public-body', 'charity', 'company')),
  add check (buyer_kind is null or role = 'researcher');

create table identity.research_center (
  party_id uuid primary key references identity.party (id),
  kind text not null check (kind in ('university', 'hospital', 'public-body', 'charity', 'company')),
  stated_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('identity.research_center');
grant select, insert (party_id, kind) on identity.research_center to aceso_api;

create function identity.check_research_center() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select from identity.invitation i where i.used_by = new.party_id and i.buyer_kind = new.kind) then
    raise exception 'the kind of a research center is the one of its invitation'
      using errcode = 'check_violation', constraint = 'research_center_kind';
  end if;
  return new;
end $$;
create trigger research_center_kind before insert on identity.research_center
  for each row execute function identity.check_research_center();
`;

// A set of terms stands once, however many persons have it: a request is judged once a set. The row of a person is derived from
// its newest statement.
const TERMS = `
create table consent.terms_set (
  digest bytea primary key check (octet_length(digest) = 32),
  terms jsonb not null
);
call platform.make_append_only('consent.terms_set');
grant insert on consent.terms_set to aceso_api;
grant select on consent.terms_set to aceso_worker;

create table consent.standing_terms (
  person_id uuid primary key references identity.patient (person_id),
  party_id uuid not null references identity.party (id),
  mode text not null check (mode in ('ask-me', 'answer-for-me')),
  set_digest bytea not null references consent.terms_set (digest),
  expires_at timestamptz not null,
  statement_digest bytea not null unique references identity.statement (digest),
  recorded_at timestamptz not null
);
create index standing_terms_set on consent.standing_terms (set_digest) where mode = 'answer-for-me';
alter table consent.standing_terms enable row level security, force row level security;
create policy owner on consent.standing_terms to current_user using (true) with check (true);
create policy own on consent.standing_terms to aceso_api
  using (party_id = platform.acting_party()) with check (party_id = platform.acting_party());
create policy gate on consent.standing_terms for select to aceso_worker using (true);
grant select, insert, update (mode, set_digest, expires_at, statement_digest, recorded_at)
  on consent.standing_terms to aceso_api;
grant select on consent.standing_terms to aceso_worker;
`;

// An answer of terms is a grant of which another statement is signed: the terms. Its digest is that of the answer, byte for byte. The
// worker writes nothing but such answers, a patient nothing but its own grants.
const ANSWERS = `
alter table consent.grant
  drop constraint grant_digest_fkey,
  add column terms_digest bytea,
  add column answer text check (octet_length(answer) <= 16384),
  add column statement_digest bytea not null generated always as (coalesce(terms_digest, digest)) stored,
  add foreign key (statement_digest) references identity.statement (digest),
  add check ((terms_digest is null) = (answer is null)),
  add check (answer is null or digest = sha256(convert_to(answer, 'UTF8')));
create unique index grant_answered_once on consent.grant (person_id, request_id, version, terms_digest)
  where terms_digest is not null;
create policy signed on consent.grant as restrictive for insert to aceso_api with check (terms_digest is null);
create policy answers on consent.grant for insert to aceso_worker with check (terms_digest is not null);
grant insert (digest, party_id, person_id, request_id, version, content_hash, records_up_to, expires_at, recorded_at,
              terms_digest, answer) on consent.grant to aceso_worker;

create function consent.check_terms_answer() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if new.terms_digest is not null and not exists (
    select from consent.standing_terms t
     where t.person_id = new.person_id and t.party_id = new.party_id and t.statement_digest = new.terms_digest
       and t.mode = 'answer-for-me' and t.expires_at >= new.expires_at
  ) then
    raise exception 'terms answer that are the newest of the person and say so'
      using errcode = 'check_violation', constraint = 'terms_answer';
  end if;
  return new;
end $$;
create trigger terms_answer before insert on consent.grant
  for each row execute function consent.check_terms_answer();

-- The event (and so the ledger entry) of an answer: what its patient's receipt is asked for.
create table consent.answer_event (
  grant_digest bytea primary key references consent.grant (digest),
  party_id uuid not null references identity.party (id),
  event_id uuid not null unique references audit.access_event (id)
);
call platform.make_append_only('consent.answer_event');
alter table consent.answer_event enable row level security, force row level security;
create policy own on consent.answer_event for select to aceso_api using (party_id = platform.acting_party());
create policy answers on consent.answer_event for insert to aceso_worker with check (true);
grant select on consent.answer_event to aceso_api;
grant insert on consent.answer_event to aceso_worker;

-- What stands: neither revoked nor given by terms that newer ones replaced. Rows of whoever may see them.
create view consent.standing_grant with (security_invoker) as
  select g.digest, g.person_id, g.request_id, g.version, g.expires_at
    from consent.grant g
   where not exists (select from consent.revocation w where w.grant_digest = g.digest)
     and (g.terms_digest is null
          or exists (select from consent.standing_terms t
                      where t.person_id = g.person_id and t.statement_digest = g.terms_digest));
grant select on consent.standing_grant to aceso_api;
`;

// The worker moves an ask on only where terms answered it; it still reads no state.
const ASKS = `
drop policy worker on marketplace.ask;
create policy worker on marketplace.ask to aceso_worker using (true) with check (
  state = 'asked' or state = 'granted' and exists (
    select from consent.grant g
     where g.person_id = ask.person_id and g.request_id = ask.request_id and g.version = ask.version
       and g.terms_digest is not null
  )
);
grant update (state, answered_at) on marketplace.ask to aceso_worker;
`;

// A patient takes the other half of its own bindings along: without it nobody else can verify its consent.
const BUNDLE = `
create policy own_attestation on identity.statement for select to aceso_api using (
  digest in (
    select b.attestation_digest from identity.binding b join identity.patient p using (person_id)
     where p.party_id = platform.acting_party()
  )
);
`;
