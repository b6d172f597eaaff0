import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Saved cohorts in versions, who asked for which count when, and what was answered. */
export class Cohort0000000000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create schema cohort');
    await runner.query('grant usage on schema cohort to aceso_api, aceso_worker');
    await runner.query(COHORT);
    await runner.query(QUERY);
    await runner.query(ANSWER);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// A changed cohort is a new version: requests name the version that they were sent with.
const COHORT = `
create table cohort.cohort (
  id uuid not null,
  version integer not null check (version >= 1),
  owner_id uuid not null references identity.party (id),
  criteria jsonb not null,
  criteria_hash bytea not null check (octet_length(criteria_hash) = 32),
  saved_at timestamptz not null default clock_timestamp(),
  primary key (id, version)
);
call platform.make_append_only('cohort.cohort');
grant select, insert on cohort.cohort to aceso_api;
grant select on cohort.cohort to aceso_worker;
`;

// Written before the answer is computed. The true number is in no table.
const QUERY = `
create table cohort.query (
  id bigint generated always as identity primary key,
  party_id uuid not null references identity.party (id),
  criteria_hash bytea not null check (octet_length(criteria_hash) = 32),
  asked_at timestamptz not null default clock_timestamp()
);
create index query_party on cohort.query (party_id, asked_at);
call platform.make_append_only('cohort.query');
grant select, insert on cohort.query to aceso_api;
`;

// Answers as they were shown, for a day: whoever asks again sees nobody come or go. Only what may be shown fits in.
const ANSWER = `
create table cohort.answer (
  criteria_hash bytea not null check (octet_length(criteria_hash) = 32),
  record_date date not null,
  approximate integer check (approximate >= 10 and approximate % 5 = 0),
  answered_at timestamptz not null default clock_timestamp(),
  primary key (criteria_hash, record_date)
);
grant select, insert, update (approximate, answered_at) on cohort.answer to aceso_api;
`;
