// One officer's freeze that no second officer confirmed is spent: the same officer freezes that party again only after two officers have
// acted on it, and any other one only after FREEZE_COOLING_DAYS (libs/identity/domain). A suspension in that time is a proposal, and takes
// effect when a second officer confirms it.
export const FREEZE_COOLING = `
insert into identity.licence_move values ('issued', 'suspended', 'officers'), ('reinstated', 'suspended', 'officers');

create function identity.freeze_spent(party uuid, officer uuid, moment timestamptz) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from identity.licence_step s
     where s.party_id = party and s.doer = 'officer' and (s.proposed_by = officer or moment < s.until + interval '30 days')
       and s.number > coalesce(
         (select max(c.number) from identity.licence_step c where c.party_id = party and c.doer = 'officers'), 0))
$$;
revoke execute on function identity.freeze_spent(uuid, uuid, timestamptz) from public;
grant execute on function identity.freeze_spent(uuid, uuid, timestamptz) to aceso_api;

create or replace function identity.check_licence_step() returns trigger language plpgsql security definer set search_path = '' as $$
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
    -- Else officers would freeze for as long as they like, 72 hours at a time.
    if identity.freeze_spent(new.party_id, new.proposed_by, new.at) then perform identity.licence_refuse('licence_frozen_before'); end if;
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

create or replace function identity.check_licence_proposal() returns trigger language plpgsql security definer set search_path = '' as $$
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
  ) and not identity.freeze_spent(new.party_id, new.proposed_by, new.proposed_at) then
    perform identity.licence_refuse('licence_number');
  end if;
  return new;
end $$;
`;
