// A step is what stored statements say, and nothing else: the officers, the party, the step and the moment are read from their bytes.
// \`until\` of one officer's freeze is 72 hours on, an appeal keeps it, two officers lift it.
export const STEP_RULES = `
create function identity.licence_statement(wanted bytea, by_party uuid, of_typ text, accepted timestamptz) returns jsonb
language sql stable security definer set search_path = '' as $$
  select s.text::jsonb -> 'payload' from identity.statement s
   where s.digest = wanted and s.party_id = by_party and s.typ = of_typ and s.accepted_at = accepted
$$;
revoke execute on function identity.licence_statement(bytea, uuid, text, timestamptz) from public;

create function identity.licence_refuse(name text) returns void language plpgsql as $$
begin
  raise exception 'the licence does not take this step: %', name using errcode = 'check_violation', constraint = name;
end $$;

-- The state that a step comes from: a freeze that has ended by itself was none.
create function identity.licence_state(party uuid, moment timestamptz) returns text
language sql stable security definer set search_path = '' as $$
  select case when last.state is null then 'issued'
              when last.until <= moment then coalesce((
                select s.state from identity.licence_step s
                 where s.party_id = party and s.state in ('issued', 'reinstated') order by s.number desc limit 1), 'issued')
              else last.state end
    from (select) as one
    left join lateral (
      select s.state, s.until from identity.licence_step s where s.party_id = party order by s.number desc limit 1
    ) last on true
$$;

create function identity.check_licence_step() returns trigger language plpgsql security definer set search_path = '' as $$
declare
  kind identity.licence_kind;
  last identity.licence_step;
  proposal identity.licence_proposal;
  said jsonb;
begin
  perform from identity.party p where p.id = new.party_id for no key update;
  select k.* into kind from identity.party p join identity.licence_kind k on k.role = p.role where p.id = new.party_id;
  select * into last from identity.licence_step s where s.party_id = new.party_id order by s.number desc limit 1;
  if kind.role is null then perform identity.licence_refuse('licence_party'); end if;
  if new.number <> coalesce(last.number, 0) + 1 then perform identity.licence_refuse('licence_number'); end if;
  if new.doer = 'registration' then
    if last.number is not null or new.state <> 'issued' then perform identity.licence_refuse('licence_move'); end if;
    return new;
  end if;
  if new.at > clock_timestamp() + interval '1 minute' then perform identity.licence_refuse('licence_time'); end if;
  if new.doer = 'operator' then return new; end if;
  if not exists (
    select from identity.licence_move m
     where m.from_state = identity.licence_state(new.party_id, new.at) and m.to_state = new.state and m.doer = new.doer
  ) or not kind.licensed and (new.state = 'revoked' or new.state = 'suspended' and new.reason <> 'key-compromise')
  then
    perform identity.licence_refuse('licence_move');
  end if;
  if new.until is distinct from (
    case new.doer when 'officer' then new.at + interval '72 hours' when 'party' then last.until end
  ) then
    perform identity.licence_refuse('licence_until');
  end if;

  if new.doer = 'party' then
    said := identity.licence_statement(new.appealed_with, new.party_id, 'aceso/licence-appeal/v1', new.at);
    if said is null or (said ->> 'step')::integer <> last.number then perform identity.licence_refuse('licence_statement'); end if;
    return new;
  end if;
  if exists (
    select from identity.party p where p.id in (new.proposed_by, new.confirmed_by) and p.role <> 'officer'
  ) then
    perform identity.licence_refuse('licence_officers');
  end if;
  if new.doer = 'officer' then
    said := identity.licence_statement(new.proposed_with, new.proposed_by, 'aceso/licence/v1', new.at);
    if said is null or said ? 'confirms'
      or (said ->> 'party', said ->> 'step', said ->> 'reason') is distinct from (new.party_id::text, new.state, new.reason)
    then
      perform identity.licence_refuse('licence_statement');
    end if;
    -- Else one officer would freeze for as long as he likes, 72 hours at a time.
    if exists (
      select from identity.licence_step s
       where s.party_id = new.party_id and s.doer = 'officer' and s.proposed_by = new.proposed_by and s.number > coalesce(
         (select max(c.number) from identity.licence_step c where c.party_id = new.party_id and c.doer = 'officers'), 0)
    ) then
      perform identity.licence_refuse('licence_frozen_before');
    end if;
    return new;
  end if;
  select * into proposal from identity.licence_proposal p where p.statement_digest = new.proposed_with;
  said := identity.licence_statement(new.confirmed_with, new.confirmed_by, 'aceso/licence/v1', new.at);
  if proposal.party_id is distinct from new.party_id or proposal.proposed_by <> new.proposed_by or said is null
    or (said ->> 'party', said ->> 'step', said ->> 'reason', said ->> 'confirms')
      is distinct from (new.party_id::text, proposal.step, new.reason, encode(new.proposed_with, 'hex'))
    or new.reason <> proposal.reason
    or proposal.step <> new.state and (proposal.step, new.state) <> ('suspended', 'appealed')
  then
    perform identity.licence_refuse('licence_statement');
  end if;
  if proposal.expires_at <= new.at
    or last.number <> proposal.on_number and (last.number, last.doer) <> (proposal.on_number + 1, 'party')
  then
    perform identity.licence_refuse('licence_proposal_open');
  end if;
  return new;
end $$;
create trigger licence_step_rules before insert on identity.licence_step
  for each row execute function identity.check_licence_step();
revoke execute on function identity.check_licence_step() from public;
grant execute on function identity.licence_state(uuid, timestamptz) to aceso_api;
`;

// The same for a proposal: an officer signed it, on the step that is the newest; of a freeze on its own.
export const PROPOSAL_RULES = `
create function identity.check_licence_proposal() returns trigger language plpgsql security definer set search_path = '' as $$
declare
  newest integer;
  said jsonb;
begin
  perform from identity.party p where p.id = new.party_id for no key update;
  if not exists (
    select from identity.party p join identity.licence_kind k on k.role = p.role where p.id = new.party_id
  ) then
    perform identity.licence_refuse('licence_party');
  end if;
  if not exists (select from identity.party p where p.id = new.proposed_by and p.role = 'officer') then
    perform identity.licence_refuse('licence_officers');
  end if;
  said := identity.licence_statement(new.statement_digest, new.proposed_by, 'aceso/licence/v1', new.proposed_at);
  if said is null or said ? 'confirms'
    or (said ->> 'party', said ->> 'step', said ->> 'reason') is distinct from (new.party_id::text, new.step, new.reason)
  then
    perform identity.licence_refuse('licence_statement');
  end if;
  select coalesce(max(s.number), 0) into newest from identity.licence_step s where s.party_id = new.party_id;
  if new.on_number <> newest or new.step = 'suspended' and not exists (
    select from identity.licence_step s where s.party_id = new.party_id and s.number = newest and s.proposed_with = new.statement_digest
  ) then
    perform identity.licence_refuse('licence_number');
  end if;
  return new;
end $$;
create trigger licence_proposal_rules before insert on identity.licence_proposal
  for each row execute function identity.check_licence_proposal();
revoke execute on function identity.check_licence_proposal() from public;
`;
