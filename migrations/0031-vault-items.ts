// National identifiers and bank details, each sealed under its party's data key and gone with it. Beside their owner only an act that
// is named here opens one, which its service writes down first.
export const VAULT_ITEMS = `
create table vault.item (
  party_id uuid not null references vault.data_key (party_id) on delete cascade,
  kind text not null check (kind in ('identifiers', 'bank-details')),
  sealed bytea not null check (octet_length(sealed) <= 8192),
  saved_at timestamptz not null,
  primary key (party_id, kind)
);
alter table vault.item enable row level security, force row level security;
create policy own on vault.item to aceso_vault
  using (party_id = platform.acting_party()) with check (party_id = platform.acting_party());
grant select, insert, update (sealed, saved_at) on vault.item to aceso_vault;

create table vault.named_act (
  act text not null,
  kind text not null check (kind in ('identifiers', 'bank-details')),
  primary key (act, kind)
);
insert into vault.named_act values ('payout.executed', 'bank-details');
call platform.make_append_only('vault.named_act');
grant select on vault.named_act to aceso_vault;
`;
