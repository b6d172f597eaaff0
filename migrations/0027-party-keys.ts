import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Parties have several keys, of more than one kind, which are added and revoked by statements. */
export class PartyKeys0000000000027 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(KINDS);
    await runner.query(LIFE);
    await runner.query(EVENTS);
    await runner.query(PROOFS);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// An Ed25519 key begins with z6Mk as did:key, one of P-256 with zDn. `sign_count` is the highest counter that a passkey showed.
const KINDS = `
alter table identity.party drop constraint party_did_check;
alter table identity.party add constraint party_did_check
  check (did ~ '^did:key:z(6Mk|Dn)[1-9A-HJ-NP-Za-km-z]+$' and length(did) <= 80);

alter table identity.party_key drop constraint party_key_did_check;
alter table identity.party_key
  add constraint party_key_did_check check (did ~ '^did:key:z(6Mk|Dn)[1-9A-HJ-NP-Za-km-z]+$' and length(did) <= 80),
  add column kind text not null default 'Ed25519',
  add column sign_count bigint not null default 0 check (sign_count between 0 and 4294967295),
  add column added_with bytea references identity.statement (digest),
  add column revoked_with bytea references identity.statement (digest),
  add column compromised_since timestamptz,
  add constraint party_key_kind check (
    kind in ('Ed25519', 'WebAuthn-EdDSA') and did like 'did:key:z6Mk%' or
    kind = 'WebAuthn-ES256' and did like 'did:key:zDn%'),
  add constraint party_key_counts check (kind <> 'Ed25519' or sign_count = 0),
  add constraint party_key_compromised check (compromised_since is null or compromised_since <= revoked_at);
grant update (revoked_at, revoked_with, compromised_since, sign_count) on identity.party_key to aceso_api;
`;

// A revoked key stays revoked, and what it was stays what it was. The party's row is locked, so that two keys which revoke each
// other at once do not both succeed, and so that two additions are counted one after the other.
const LIFE = `
create function identity.keep_keys() returns trigger language plpgsql security definer set search_path = '' as $$
declare live integer; ever integer;
begin
  if tg_op = 'UPDATE' then
    if (new.did, new.party_id, new.kind, new.added_at, new.added_with)
         is distinct from (old.did, old.party_id, old.kind, old.added_at, old.added_with)
       or new.sign_count < old.sign_count
       or old.revoked_at is not null and (new.revoked_at, new.revoked_with, new.compromised_since)
         is distinct from (old.revoked_at, old.revoked_with, old.compromised_since)
    then
      raise exception 'a key is revoked once, and nothing else of it changes'
        using errcode = 'restrict_violation', constraint = 'party_key_history';
    end if;
    if new.revoked_at is null or old.revoked_at is not null then
      return new;
    end if;
  end if;
  perform from identity.party p where p.id = new.party_id for no key update;
  select count(*) filter (where k.revoked_at is null), count(*) into live, ever
    from identity.party_key k where k.party_id = new.party_id and k.did <> new.did;
  if tg_op = 'UPDATE' and live = 0 then
    raise exception 'the last key of a party is not revoked'
      using errcode = 'restrict_violation', constraint = 'party_key_last';
  end if;
  if tg_op = 'INSERT' and (live >= 8 or ever >= 256) then
    raise exception 'a party has 8 live keys, and 256 in all'
      using errcode = 'restrict_violation', constraint = 'party_key_limit';
  end if;
  return new;
end $$;
create trigger keys_stay before insert or update on identity.party_key
  for each row execute function identity.keep_keys();
revoke execute on function identity.keep_keys() from public;
`;

// Who is no patient has a chain as well, whose acts are acts of administration: statement_event names one row or the other.
const EVENTS = `
create index statement_did on identity.statement (did);
alter table identity.statement_event add column ledger_entry_id uuid unique;
`;

// Proofs of possession that were used (RFC 9449 section 11.1), by a hash and for minutes only; nobody reads them. Each use also takes
// away some whose time is over, so the table stays as long as a busy minute is, whatever else runs.
const PROOFS = `
create table identity.used_proof (
  hash bytea primary key check (octet_length(hash) = 32),
  expires_at timestamptz not null
);
create index used_proof_expires on identity.used_proof (expires_at);

create function identity.use_proof(proof bytea, until timestamptz) returns boolean
  language plpgsql security definer set search_path = '' as $$
declare used integer;
begin
  delete from identity.used_proof u where u.hash in (
    select o.hash from identity.used_proof o where o.expires_at < now() - interval '1 minute'
     order by o.expires_at limit 4 for update skip locked);
  insert into identity.used_proof values (proof, until) on conflict do nothing;
  get diagnostics used = row_count;
  return used = 1;
end $$;
revoke execute on function identity.use_proof(bytea, timestamptz) from public;
grant execute on function identity.use_proof(bytea, timestamptz) to aceso_api;
`;
