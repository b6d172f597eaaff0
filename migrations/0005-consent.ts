import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Discovery terms, grants, revocations and refusals. The signed bytes stand in identity.statement. */
export class Consent0000000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TERMS);
    await runner.query(ANSWERS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// The newest terms of a person, derived from its statements; the view is all that others see of them.
const TERMS = `
create schema consent;
grant usage on schema consent to aceso_api, aceso_worker;

create table consent.discovery_terms (
  person_id uuid primary key references identity.patient (person_id),
  discovery text not null check (discovery in ('permit', 'deny')),
  expires_at timestamptz not null,
  statement_digest bytea not null unique references identity.statement (digest),
  recorded_at timestamptz not null
);
grant select, insert, update (discovery, expires_at, statement_digest, recorded_at)
  on consent.discovery_terms to aceso_api;

create view consent.discoverable with (security_barrier) as
  select person_id from consent.discovery_terms where discovery = 'permit' and expires_at > now();
grant select on consent.discoverable to aceso_api, aceso_worker;
`;

// A patient sees its own answers only; the worker, which decides at the gate, sees all grants, and no refusal.
const ANSWERS = `
create table consent.grant (
  digest bytea primary key references identity.statement (digest),
  party_id uuid not null references identity.party (id),
  person_id uuid not null references identity.patient (person_id),
  request_id uuid not null,
  version integer not null check (version >= 1),
  content_hash bytea not null check (octet_length(content_hash) = 32),
  records_up_to jsonb not null check (jsonb_typeof(records_up_to) = 'array'),
  expires_at timestamptz not null,
  recorded_at timestamptz not null
);
create index grant_request on consent.grant (request_id, version, person_id);
create index grant_person on consent.grant (person_id, recorded_at);

create table consent.revocation (
  grant_digest bytea primary key references consent.grant (digest),
  party_id uuid not null references identity.party (id),
  statement_digest bytea not null unique references identity.statement (digest),
  recorded_at timestamptz not null
);

create table consent.refusal (
  person_id uuid not null references identity.patient (person_id),
  request_id uuid not null,
  version integer not null check (version >= 1),
  party_id uuid not null references identity.party (id),
  recorded_at timestamptz not null,
  primary key (person_id, request_id, version)
);

do $$
declare name text;
begin
  foreach name in array array['consent.grant', 'consent.revocation', 'consent.refusal'] loop
    call platform.make_append_only(name::regclass);
    execute format('alter table %s enable row level security, force row level security', name::regclass);
    execute format($policy$create policy own on %s to aceso_api
      using (party_id = nullif(current_setting('aceso.party', true), '')::uuid)
      with check (party_id = nullif(current_setting('aceso.party', true), '')::uuid)$policy$, name::regclass);
    execute format('grant select, insert on %s to aceso_api', name::regclass);
  end loop;
end $$;
create policy gate on consent.grant for select to aceso_worker using (true);
create policy gate on consent.revocation for select to aceso_worker using (true);
grant select on consent.grant, consent.revocation to aceso_worker;
`;
