// A wrapped key names an epoch that stands here, and an epoch goes only when no row names it: a key that is wrapped in the very
// moment of the turn either stops the destruction or is refused. \`planned\` until the key file is there.
export const EPOCHS = `
create table platform.key_epoch (
  epoch integer primary key check (epoch >= 1),
  state text not null check (state in ('planned', 'alive')),
  began_at timestamptz not null default clock_timestamp()
);
create table platform.destroyed_epoch (
  epoch integer primary key check (epoch >= 1),
  destroyed_at timestamptz not null default clock_timestamp()
);
call platform.make_append_only('platform.destroyed_epoch');
grant select on platform.key_epoch, platform.destroyed_epoch to aceso_api, aceso_worker;
grant insert, update (state), delete on platform.key_epoch to aceso_worker;
grant insert on platform.destroyed_epoch to aceso_worker;

create function platform.epoch_moves() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and (new.epoch <> old.epoch or old.state <> 'planned' or new.state <> 'alive')
    or tg_op = 'DELETE' and old.epoch >= (select max(e.epoch) from platform.key_epoch e)
  then
    raise exception 'an epoch begins once, and the newest one stays' using errcode = 'restrict_violation';
  end if;
  return coalesce(new, old);
end $$;
create trigger epoch_moves before update or delete on platform.key_epoch
  for each row execute function platform.epoch_moves();

-- Existing rows: the owner of the tables reads past the policies for this once.
alter table vault.data_key no force row level security;
alter table extraction.participation no force row level security;
insert into platform.key_epoch (epoch, state)
  select epoch, 'alive' from (
    select 1 as epoch
    union select epoch from ledger.subject_key
    union select epoch from vault.data_key
    union select key_epoch from register.held_key
    union select key_epoch from register.source_record
    union select epoch from extraction.sale_key
    union select epoch from extraction.participation
  ) used;
alter table ledger.subject_key add constraint subject_key_epoch foreign key (epoch) references platform.key_epoch;
alter table vault.data_key add constraint data_key_epoch foreign key (epoch) references platform.key_epoch;
alter table register.held_key add constraint held_key_epoch foreign key (key_epoch) references platform.key_epoch;
alter table register.source_record add constraint source_record_epoch foreign key (key_epoch) references platform.key_epoch;
alter table extraction.sale_key add constraint sale_key_epoch foreign key (epoch) references platform.key_epoch;
alter table extraction.participation add constraint participation_epoch foreign key (epoch) references platform.key_epoch;
alter table vault.data_key force row level security;
alter table extraction.participation force row level security;
`;

// The turn of an epoch reads and writes wrapped keys of everybody, and for that needs no record, contact or statement.
export const KEYS_ROLE = `
do $$
begin
  begin
    create role aceso_keys login nosuperuser nobypassrls nocreatedb nocreaterole noinherit;
  exception when duplicate_object or unique_violation then null;
  end;
  execute format('grant connect on database %I to aceso_keys', current_database());
end $$;
grant usage on schema platform, ledger, vault, register, extraction to aceso_keys;
grant select (subject_id, wrapped, epoch), update (wrapped, epoch) on ledger.subject_key to aceso_keys;
grant select (party_id, key_version, wrapped, epoch), update (wrapped, epoch) on vault.data_key to aceso_keys;
grant select (id, version, key_wrapped, key_epoch), update (key_wrapped, key_epoch) on register.held_key to aceso_keys;
grant select (id, key_version, key_wrapped, key_epoch), update (key_wrapped, key_epoch)
  on register.source_record to aceso_keys;
grant select (id, wrapped, epoch), update (wrapped, epoch) on extraction.sale_key to aceso_keys;
grant select (attempt_id, owner_kind, owner_id, wrapped, epoch), update (wrapped, epoch)
  on extraction.participation to aceso_keys;
create policy wrap_read on vault.data_key for select to aceso_keys using (true);
create policy wrap_anew on vault.data_key for update to aceso_keys using (true) with check (true);
create policy wrap_read on extraction.participation for select to aceso_keys using (true);
create policy wrap_anew on extraction.participation for update to aceso_keys using (true) with check (true);
`;
