import { Injectable } from '@nestjs/common';
import { concat, utf8, type PartyId, type PersonId, type SourceRecordId } from '@aceso/kernel';
import { hmacSha256, type Tx } from '@aceso/platform';

import type { LinkEvidence, LinkState } from './domain';
import { HeldKeys, type HeldKey } from './held-keys';
import { RegisterError } from './register.errors';

/** Local ids of one question, at most. */
export const LOCAL_IDS_MAX = 100;

/** Links of one answer, at most. */
const LINKS_MAX = 100;

/** Two source records of different providers, both bound to one person, that the register takes for one patient's. */
export interface ProposedLink {
  readonly first: SourceRecordId;
  readonly second: SourceRecordId;
  readonly firstProviderId: PartyId;
  readonly secondProviderId: PartyId;
  readonly state: LinkState;
  readonly evidence: LinkEvidence;
}

/** Where a source record's chain stands. */
export interface Head {
  readonly sourceRecordId: SourceRecordId;
  readonly providerId: PartyId;
  /** 0 before the first segment. */
  readonly sequence: number;
  /** Hex; null before the first segment. */
  readonly digest: string | null;
}

/** Keyed hash of a provider's own id of a patient: the only form in which it is stored. */
export function localIdHash(key: Uint8Array, providerId: string, localId: string): Uint8Array {
  return hmacSha256(key, concat(utf8(`aceso/local-id/v1\0${providerId}\0`), utf8(localId)));
}

/** Hash of the record for everything of a provider that belongs to no patient. No patient can have it. */
export function directoryHash(key: Uint8Array, providerId: string): Uint8Array {
  return hmacSha256(key, utf8(`aceso/directory/v1\0${providerId}`));
}

/** Finds source records: by a provider's own ids, or by the person that they are bound to. */
@Injectable()
export class SourceRecordService {
  constructor(private readonly keys: HeldKeys) {}

  /** Source records of a provider by its own patient ids, in the same order; null where it has none. At most 100. */
  async byLocalIds(tx: Tx, providerId: PartyId, localIds: readonly string[]): Promise<(Head | null)[]> {
    if (localIds.length > LOCAL_IDS_MAX) {
      throw new RegisterError('LOCAL_IDS_TOO_MANY', `ask for at most ${LOCAL_IDS_MAX} local ids at once`);
    }
    const { key }: HeldKey = await this.keys.identifier(tx, providerId);
    const hashes = localIds.map((localId) => Buffer.from(localIdHash(key, providerId, localId)).toString('hex'));
    const rows = await tx.query<HeadRow & { hash: string }>(
      `select id, provider_id, head_sequence, head_digest, encode(local_id_hash, 'hex') as hash
       from register.source_record
       where provider_id = $1 and kind = 'patient' and local_id_hash in (select decode(unnest($2::text[]), 'hex'))`,
      [providerId, hashes],
    );
    const heads = new Map(rows.map((row) => [row.hash, toHead(row)]));
    return hashes.map((hash) => heads.get(hash) ?? null);
  }

  /**
   * Links between records that are both bound to the person, without those that it has confirmed. Any other match stays
   * inside: a single forged binding would otherwise tell who else holds something on the patient. The transaction acts
   * as the person's party.
   */
  async proposedLinks(tx: Tx, personId: PersonId): Promise<ProposedLink[]> {
    return tx.query<ProposedLink>(
      `with mine as (
         select source_record_id as id, provider_id from identity.binding where person_id = $1 and ended_at is null
       )
       select l.first_source_record_id as first, l.second_source_record_id as second, l.state, l.evidence,
         a.provider_id as "firstProviderId", b.provider_id as "secondProviderId"
       from register.link l
       join mine a on a.id = l.first_source_record_id
       join mine b on b.id = l.second_source_record_id
       where not exists (
         select 1 from identity.standing_link c
         where c.person_id = $1 and c.first_source_record_id = l.first_source_record_id
           and c.second_source_record_id = l.second_source_record_id)
       order by first, second limit $2`,
      [personId, LINKS_MAX],
    );
  }

  /** Heads of the source records that are bound to a person now. */
  async heads(tx: Tx, personId: PersonId): Promise<Head[]> {
    const rows = await tx.query<HeadRow>(
      `select r.id, r.provider_id, r.head_sequence, r.head_digest
       from identity.binding b join register.source_record r on r.id = b.source_record_id
       where b.person_id = $1 and b.ended_at is null order by r.id`,
      [personId],
    );
    return rows.map(toHead);
  }
}

interface HeadRow {
  readonly id: SourceRecordId;
  readonly provider_id: PartyId;
  readonly head_sequence: number;
  readonly head_digest: Buffer | null;
}

function toHead({ id, provider_id, head_sequence, head_digest }: HeadRow): Head {
  return {
    sourceRecordId: id,
    providerId: provider_id,
    sequence: head_sequence,
    digest: head_digest?.toString('hex') ?? null,
  };
}
