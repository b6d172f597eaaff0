// Who was asked sees the request, but not what informs those who decide on it.
const OF_REQUEST = `using (exists (select from marketplace.request r where r.id = request_id
  and (r.buyer_id = platform.acting_party()
    or exists (select from identity.party p where p.id = platform.acting_party() and p.role = 'officer'))))`;

// What the instance said of a research center in a visa, and by which key; the signed text is kept nowhere. What may not be said has no row,
// and what has no row is not signed. A public key stays for as long as a visa of it lives, whatever became of its epoch.
export const VISAS = `
create table marketplace.visa_key (
  kid text primary key check (length(kid) = 43),
  jwk jsonb not null check (jwk ->> 'kid' = kid and not jwk ? 'd'),
  epoch integer not null check (epoch >= 1),
  first_used_at timestamptz not null default clock_timestamp()
);
create table marketplace.visa (
  id uuid primary key,
  party_id uuid not null references identity.party (id),
  type text not null check (type in ('ResearcherStatus', 'AffiliationAndRole', 'ControlledAccessGrants')),
  affiliation_id uuid references identity.affiliation (id),
  order_id uuid references marketplace."order" (id),
  kid text not null references marketplace.visa_key (kid),
  asserted_at timestamptz not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  access_event_id uuid not null unique references audit.access_event (id),
  constraint visa_about check ((type = 'AffiliationAndRole') = (affiliation_id is not null)
    and (type = 'ControlledAccessGrants') = (order_id is not null)),
  constraint visa_times check (asserted_at <= issued_at and expires_at > issued_at
    and expires_at <= issued_at + interval '1 hour' and expires_at <= asserted_at + interval '365 days')
);
create index visa_live on marketplace.visa (party_id, expires_at);
create index visa_of_key on marketplace.visa (kid, expires_at);
call platform.make_append_only('marketplace.visa_key');
call platform.make_append_only('marketplace.visa');
alter table marketplace.visa enable row level security, force row level security;
create policy owner on marketplace.visa to current_user using (true) with check (true);
create policy own on marketplace.visa to aceso_api
  using (party_id = platform.acting_party()) with check (party_id = platform.acting_party());
grant select, insert on marketplace.visa to aceso_api;
grant select (kid), insert (kid, jwk, epoch) on marketplace.visa_key to aceso_api;

-- From when to when data of a delivered order may be used; no row for a package that nobody may fetch, and once the key of the sale is gone.
create function marketplace.permit(of_order uuid, buyer uuid) returns table (granted_at timestamptz, ends_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select date_trunc('second', p.released_at), k.destroy_on::timestamp at time zone 'UTC'
    from marketplace."order" o
    join extraction.package p on p.order_id = o.id and p.state = 'ready'
    join extraction.sale_key k on k.order_id = o.id and k.wrapped is not null and k.destroy_on is not null
   where o.id = of_order and o.buyer_id = buyer and o.state = 'delivered'
$$;

create function marketplace.check_visa() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform identity.require_active(array[new.party_id], clock_timestamp());
  if new.issued_at > clock_timestamp() + interval '1 minute'
    or not exists (select from identity.party p where p.id = new.party_id and p.role = 'researcher')
    or new.type = 'AffiliationAndRole' and not exists (
      select from identity.affiliation a where a.id = new.affiliation_id and new.party_id in (a.first_party_id, a.second_party_id)
        and not exists (select from identity.affiliation_end e where e.affiliation_id = a.id))
    or new.type = 'ControlledAccessGrants' and not exists (
      select from marketplace.permit(new.order_id, new.party_id) t
       where new.asserted_at >= t.granted_at and new.expires_at <= t.ends_at)
  then
    raise exception 'a visa says what is so, of an active research center'
      using errcode = 'check_violation', constraint = 'visa_said';
  end if;
  return new;
end $$;
create trigger visa_said before insert on marketplace.visa for each row execute function marketplace.check_visa();

-- Public keys by which a visa that lives was signed.
create function marketplace.live_visa_keys(moment timestamptz) returns setof jsonb
language sql stable security definer set search_path = '' as $$
  select k.jwk from marketplace.visa_key k
   where exists (select from marketplace.visa v where v.kid = k.kid and v.expires_at > moment) order by k.first_used_at, k.kid
$$;
revoke execute on function marketplace.permit(uuid, uuid), marketplace.check_visa(), marketplace.live_visa_keys(timestamptz) from public;
grant execute on function marketplace.permit(uuid, uuid), marketplace.live_visa_keys(timestamptz) to aceso_api;
`;

// What visas of others said when they were handed in with a version of a request: for whoever decides on it. No name of a person.
export const EVIDENCE = `
create table marketplace.request_visa (
  request_id uuid not null,
  version integer not null,
  number integer not null check (number between 1 and 10),
  issuer text not null check (length(issuer) <= 255),
  type text not null check (type in ('AffiliationAndRole', 'AcceptedTermsAndPolicies', 'ResearcherStatus', 'ControlledAccessGrants')),
  value text not null check (length(value) <= 4096),
  source text not null check (length(source) <= 255),
  said_by text check (said_by in ('self', 'peer', 'system', 'so', 'dac')),
  asserted_at timestamptz not null,
  expires_at timestamptz not null,
  digest bytea not null check (octet_length(digest) = 32),
  verified_at timestamptz not null,
  primary key (request_id, version, number),
  foreign key (request_id, version) references marketplace.request_version (request_id, version),
  check (expires_at > verified_at)
);
call platform.make_append_only('marketplace.request_visa');
alter table marketplace.request_visa enable row level security, force row level security;
create policy of_request on marketplace.request_visa to aceso_api ${OF_REQUEST};
grant select, insert on marketplace.request_visa to aceso_api;
`;
