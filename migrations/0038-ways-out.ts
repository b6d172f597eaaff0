/** Part of migration 0038: taking back at once what terms answered, and an erasure that a freeze holds up for a while only. */

// Answers of terms that were given up to this moment are withdrawn, also from buyers that fetched them. It never moves back.
export const TERMS = `
alter table consent.standing_terms add column withdrawn_before timestamptz;
grant update (withdrawn_before) on consent.standing_terms to aceso_api;

create function consent.keep_terms_withdrawal() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.withdrawn_before is null or new.withdrawn_before < old.withdrawn_before then
    raise exception 'a withdrawal stays' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger withdrawal_stays before update on consent.standing_terms
  for each row when (old.withdrawn_before is not null) execute function consent.keep_terms_withdrawal();

create or replace function extraction.withdrew(person uuid, permitted text, buyer uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select not exists (select from consent.grant c where c.digest = decode(permitted, 'hex'))
      or exists (select from consent.revocation r where r.grant_digest = decode(permitted, 'hex'))
      or exists (
        select from consent.grant c join consent.standing_terms t on t.person_id = c.person_id
         where c.digest = decode(permitted, 'hex') and c.terms_digest is not null and c.recorded_at <= t.withdrawn_before
      )
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
`;

// held: for how long a stop holds a statement of this kind up; what has none is taken at once.
export const HELD = `
alter table identity.statement_while_stopped add column held interval not null default '0';
insert into identity.statement_while_stopped (typ, held) values ('aceso/erasure/v1', '28 days');
grant execute on function identity.stopped_since(uuid, timestamptz) to aceso_api;

create or replace function identity.check_signer() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (
    select from identity.statement_while_stopped w
     where w.typ = new.typ and (w.held = '0' or exists (
       select from identity.stopped_since(new.party_id, new.accepted_at) s where s.since <= new.accepted_at - w.held))
  ) then
    perform identity.require_active(array[new.party_id], new.accepted_at);
  end if;
  return new;
end $$;
`;
