import { Injectable } from '@nestjs/common';
import { utf8, type SourceRecordId } from '@aceso/kernel';
import { hmacSha256, Runtime, type Tx } from '@aceso/platform';

import { HASH_RECORDS_MAX, judgeEvidence } from '../domain';
import type { HeldKey } from '../held-keys';
import type { PatientIdentity } from './resource-row';

/** Key of the advisory lock under which hashes are compared ('LINK' as a number): two ingests would not see each other. */
const MATCHING_LOCK = 0x4c494e4b;

export interface IdentifiedRecord {
  readonly id: SourceRecordId;
  readonly identity: PatientIdentity;
}

interface Candidate {
  readonly first: SourceRecordId;
  readonly second: SourceRecordId;
  readonly strong: number;
  readonly weak: number;
  readonly birth_date: boolean;
}

/**
 * Proposes that source records of different providers belong to one person. Identifiers are compared as hashes under a
 * key of their own; what a provider is told never depends on it.
 */
@Injectable()
export class Matcher {
  constructor(private readonly runtime: Runtime) {}

  /** Stores the hashes of these records' identifiers and the links that follow, in sets. */
  async match(tx: Tx, records: readonly IdentifiedRecord[], key: HeldKey): Promise<void> {
    if (records.length === 0) return;
    await tx.execute('select pg_advisory_xact_lock($1)', [MATCHING_LOCK]);
    await storeHashes(tx, records, key);
    const ids = records.map(({ id }) => id);
    const candidates = await tx.query<Candidate>(CANDIDATES, [ids, HASH_RECORDS_MAX]);
    const links = candidates.flatMap(({ first, second, strong, weak, birth_date: birthDate }) => {
      const evidence = { strong, weak, birthDate };
      const state = judgeEvidence(evidence);
      return state === undefined ? [] : [{ id: this.runtime.uuid(), first, second, state, evidence }];
    });
    if (links.length === 0) return;
    await tx.execute(
      `insert into register.link (id, first_source_record_id, second_source_record_id, state, evidence, found_at)
       select l.id, l.first, l.second, l.state, l.evidence, $2
       from jsonb_to_recordset($1::jsonb) l (id uuid, first uuid, second uuid, state text, evidence jsonb)
       on conflict (first_source_record_id, second_source_record_id)
       do update set state = excluded.state, evidence = excluded.evidence
       where register.link.state = 'proposed'`,
      [JSON.stringify(links), new Date(this.runtime.now())],
    );
  }
}

// A hash on many records names nobody. Birth dates are shared by many and only strengthen what identifiers say.
const CANDIDATES = `
with mine as (
  select source_record_id, hash, strength from register.identifier_hash where source_record_id = any($1::uuid[])
), telling as (
  select h.hash from register.identifier_hash h
  where h.hash in (select hash from mine where strength <> 'birth-date')
  group by h.hash having count(*) <= $2
), pairs as (
  select least(m.source_record_id, o.source_record_id) as first,
         greatest(m.source_record_id, o.source_record_id) as second,
         count(distinct m.hash) filter (where m.strength = 'strong')::integer as strong,
         count(distinct m.hash) filter (where m.strength = 'weak')::integer as weak
  from mine m
  join telling using (hash)
  join register.identifier_hash o on o.hash = m.hash and o.source_record_id <> m.source_record_id
  join register.source_record a on a.id = m.source_record_id
  join register.source_record b on b.id = o.source_record_id and b.provider_id <> a.provider_id
  group by 1, 2
)
select first, second, strong, weak, exists (
  select 1 from register.identifier_hash x join register.identifier_hash y on y.hash = x.hash
  where x.source_record_id = first and y.source_record_id = second and x.strength = 'birth-date'
) as birth_date
from pairs`;

async function storeHashes(tx: Tx, records: readonly IdentifiedRecord[], { key, version }: HeldKey): Promise<void> {
  const rows = records.flatMap(({ id, identity }) => [
    ...identity.identifiers.map(({ strength, normalised }) => ({
      id,
      strength,
      hash: hashOf(key, `aceso/identifier/v1\0${normalised}`),
    })),
    ...(identity.birthDate === undefined
      ? []
      : [{ id, strength: 'birth-date', hash: hashOf(key, `aceso/birth-date/v1\0${identity.birthDate}`) }]),
  ]);
  await tx.execute(
    `insert into register.identifier_hash (source_record_id, strength, hash, key_version)
     select h.id, h.strength, decode(h.hash, 'hex'), $4
     from unnest($1::uuid[], $2::text[], $3::text[]) h (id, strength, hash)
     on conflict (source_record_id, hash) do nothing`,
    [rows.map(({ id }) => id), rows.map(({ strength }) => strength), rows.map(({ hash }) => hash), version],
  );
}

function hashOf(key: Uint8Array, message: string): string {
  return Buffer.from(hmacSha256(key, utf8(message))).toString('hex');
}
