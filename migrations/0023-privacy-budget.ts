import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How much each party may learn of each data set by counts with noise, what it was charged, and what was answered. */
export class PrivacyBudget0000000000023 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(BUDGET);
    await runner.query(CHARGE);
    await runner.query(ANSWER);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// In thousandths of epsilon. Programs only look: rows come and change by charges, a larger budget is the owner's to give.
const BUDGET = `
create table cohort.privacy_budget (
  party_id uuid not null references identity.party (id),
  data_set text not null check (data_set ~ '^[a-z][a-z0-9-]{0,63}$'),
  budget_milli integer not null default 10000 check (budget_milli between 0 and 1000000),
  spent_milli integer not null default 0,
  primary key (party_id, data_set),
  constraint privacy_budget_kept check (spent_milli between 0 and budget_milli)
);
alter table cohort.privacy_budget enable row level security, force row level security;
create policy owner on cohort.privacy_budget to current_user using (true) with check (true);
create policy own on cohort.privacy_budget for select to aceso_api using (party_id = platform.acting_party());
grant select on cohort.privacy_budget to aceso_api;
`;

// One row a question that was paid for; it takes its epsilon from the budget or is not written. Two at once wait for each other at
// the budget's row, and the check judges what stands there then.
const CHARGE = `
create table cohort.privacy_charge (
  party_id uuid not null references identity.party (id),
  data_set text not null,
  question_hash bytea not null check (octet_length(question_hash) = 32),
  epsilon_milli integer not null check (epsilon_milli between 1 and 10000),
  charged_at timestamptz not null default clock_timestamp(),
  primary key (party_id, data_set, question_hash)
);
call platform.make_append_only('cohort.privacy_charge');
alter table cohort.privacy_charge enable row level security, force row level security;
create policy own on cohort.privacy_charge to aceso_api
  using (party_id = platform.acting_party()) with check (party_id = platform.acting_party());
grant select, insert on cohort.privacy_charge to aceso_api;

create function cohort.spend_privacy() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into cohort.privacy_budget (party_id, data_set) values (new.party_id, new.data_set) on conflict do nothing;
  update cohort.privacy_budget set spent_milli = spent_milli + new.epsilon_milli
   where party_id = new.party_id and data_set = new.data_set;
  return null;
end $$;
revoke execute on function cohort.spend_privacy() from public;
create trigger spend_privacy after insert on cohort.privacy_charge for each row execute function cohort.spend_privacy();
`;

// The first noisy answer stands for everybody who asks the same: neither time nor a second buyer averages the noise away.
const ANSWER = `
create table cohort.noisy_answer (
  question_hash bytea primary key check (octet_length(question_hash) = 32),
  noisy integer check (noisy >= 11),
  answered_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('cohort.noisy_answer');
grant select, insert on cohort.noisy_answer to aceso_api;
`;
