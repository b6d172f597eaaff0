const IS_OFFICER = `exists (
  select from identity.party p where p.id = platform.acting_party() and p.role = 'officer'
)`;
const OWN_PERSON = `person_id in (
  select p.person_id from identity.patient p where p.party_id = platform.acting_party()
)`;

// The reason's text is sealed under a key of its own. Whoever has one unreviewed emergency beyond its time opens no further one.
export const EMERGENCIES = `
create table register.emergency (
  id uuid primary key,
  person_id uuid not null references identity.patient (person_id),
  physician_id uuid not null references identity.party (id),
  provider_id uuid not null references identity.party (id),
  reason text not null check (reason in ('life-threatening', 'unconscious', 'cannot-ask', 'other')),
  access_event_id uuid not null unique references audit.access_event (id),
  opened_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  review_due_at timestamptz not null
);
-- Apart, since it goes when its person is erased, and its key is wrapped anew at the turn of an epoch.
create table register.emergency_words (
  emergency_id uuid primary key references register.emergency (id),
  sealed bytea not null check (octet_length(sealed) <= 4096),
  key_wrapped bytea not null,
  key_epoch integer not null references platform.key_epoch
);
create table register.emergency_review (
  emergency_id uuid primary key references register.emergency (id),
  officer_id uuid not null references identity.party (id),
  decision text not null check (decision in ('justified', 'unjustified')),
  access_event_id uuid not null unique references audit.access_event (id),
  reviewed_at timestamptz not null default clock_timestamp()
);
create index emergency_physician on register.emergency (physician_id, opened_at desc);
create index emergency_person on register.emergency (person_id, opened_at desc);
create index emergency_due on register.emergency (opened_at, id);
call platform.make_append_only('register.emergency');
call platform.make_append_only('register.emergency_review');
alter table register.emergency enable row level security, force row level security;
alter table register.emergency_review enable row level security, force row level security;
create policy owner on register.emergency to current_user using (true) with check (true);
create policy owner on register.emergency_review to current_user using (true) with check (true);
create policy seen on register.emergency for select to aceso_api
  using (physician_id = platform.acting_party() or ${OWN_PERSON} or ${IS_OFFICER});
create policy opened on register.emergency for insert to aceso_api with check (physician_id = platform.acting_party());
create policy seen on register.emergency_review for select to aceso_api using (
  exists (select from register.emergency e where e.id = emergency_id));
create policy reviewed on register.emergency_review for insert to aceso_api
  with check (officer_id = platform.acting_party() and ${IS_OFFICER});
grant select, insert on register.emergency, register.emergency_review to aceso_api;

alter table register.emergency_words enable row level security, force row level security;
create policy owner on register.emergency_words to current_user using (true) with check (true);
create policy seen on register.emergency_words for select to aceso_api using (
  exists (select from register.emergency e where e.id = emergency_id));
create policy opened on register.emergency_words for insert to aceso_api with check (
  exists (select from register.emergency e where e.id = emergency_id and e.physician_id = platform.acting_party()));
create policy wrap_read on register.emergency_words for select to aceso_keys using (true);
create policy wrap_anew on register.emergency_words for update to aceso_keys using (true) with check (true);
grant select, insert on register.emergency_words to aceso_api;
grant select (emergency_id, key_wrapped, key_epoch), update (key_wrapped, key_epoch) on register.emergency_words to aceso_keys;

create function register.forget_emergency_words() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  delete from register.emergency_words t using register.emergency e, identity.patient p
   where e.id = t.emergency_id and p.person_id = e.person_id and p.party_id = new.party_id;
  return null;
end $$;
create trigger forget_emergency_words after insert on identity.erased_party
  for each row execute function register.forget_emergency_words();

create function register.check_emergency() returns trigger language plpgsql security definer set search_path = '' as $$
declare unreviewed integer; overdue integer;
begin
  perform from identity.party p where p.id = new.physician_id for no key update;
  if not exists (select from identity.party p
                  where p.id = new.physician_id and p.role = 'physician' and identity.is_active(p.id, clock_timestamp()))
    or new.provider_id not in (select identity.providers_of(new.physician_id))
  then
    raise exception 'an active physician acts for its provider'
      using errcode = 'check_violation', constraint = 'emergency_physician';
  end if;
  new.opened_at := clock_timestamp();
  new.expires_at := new.opened_at + interval '4 hours';
  new.review_due_at := new.opened_at + interval '72 hours';
  select count(*), count(*) filter (where e.review_due_at < new.opened_at) into unreviewed, overdue
    from register.emergency e
   where e.physician_id = new.physician_id and not exists (select from register.emergency_review r where r.emergency_id = e.id);
  if overdue > 0 or unreviewed >= 10 then
    raise exception 'earlier emergencies wait for their review'
      using errcode = 'check_violation', constraint = 'emergency_reviewed';
  end if;
  return new;
end $$;
create trigger emergency_checked before insert on register.emergency
  for each row execute function register.check_emergency();
`;

// What law makes the instance hand over without the patient: one officer proposes it, another one approves, the patient sees both.
export const DISCLOSURES = `
create table register.disclosure (
  id uuid primary key,
  person_id uuid not null references identity.patient (person_id),
  kind text not null check (kind in ('court-order', 'public-health', 'access-body')),
  reference text not null check (reference ~ '^[A-Za-z0-9][A-Za-z0-9 ./:-]{1,79}$'),
  types text[] check (cardinality(types) between 1 and 50),
  proposed_by uuid not null references identity.party (id),
  access_event_id uuid not null unique references audit.access_event (id),
  proposed_at timestamptz not null default clock_timestamp()
);
create table register.disclosure_approval (
  disclosure_id uuid primary key references register.disclosure (id),
  approved_by uuid not null references identity.party (id),
  access_event_id uuid not null unique references audit.access_event (id),
  approved_at timestamptz not null default clock_timestamp()
);
create index disclosure_person on register.disclosure (person_id, proposed_at desc);
call platform.make_append_only('register.disclosure');
call platform.make_append_only('register.disclosure_approval');
alter table register.disclosure enable row level security, force row level security;
alter table register.disclosure_approval enable row level security, force row level security;
create policy owner on register.disclosure to current_user using (true) with check (true);
create policy owner on register.disclosure_approval to current_user using (true) with check (true);
create policy seen on register.disclosure for select to aceso_api using (${OWN_PERSON} or ${IS_OFFICER});
create policy proposed on register.disclosure for insert to aceso_api
  with check (proposed_by = platform.acting_party() and ${IS_OFFICER});
create policy seen on register.disclosure_approval for select to aceso_api using (
  exists (select from register.disclosure d where d.id = disclosure_id));
create policy approved on register.disclosure_approval for insert to aceso_api
  with check (approved_by = platform.acting_party() and ${IS_OFFICER});
grant select, insert on register.disclosure, register.disclosure_approval to aceso_api;

create function register.check_disclosure_approval() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from register.disclosure d where d.id = new.disclosure_id and d.proposed_by = new.approved_by) then
    raise exception 'a disclosure needs two officers' using errcode = 'check_violation', constraint = 'disclosure_officers';
  end if;
  return new;
end $$;
create trigger approval_checked before insert on register.disclosure_approval
  for each row execute function register.check_disclosure_approval();
`;
