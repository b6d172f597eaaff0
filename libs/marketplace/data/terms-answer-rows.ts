import { hex, type PartyId, type PersonId, type RequestId } from '@aceso/kernel';
import type { RecordHead } from '@aceso/consent/domain';
import type { Tx } from '@aceso/platform';

/** A person who was asked and whose terms are among those that approve. */
export interface Answerable {
  readonly personId: PersonId;
  readonly partyId: PartyId;
  readonly termsDigest: string;
  readonly setDigest: string;
  /** Digest of the appointment of the guardian who set the terms, lower-case hexadecimal; null where the person did. */
  readonly appointment: string | null;
  /** Seconds at which the terms end. */
  readonly termsEnd: number;
  /** Heads of the bound records, as they are now. */
  readonly heads: readonly RecordHead[];
}

/**
 * Up to `limit` persons after the given one who were asked about a version and whose terms are among the sets, with the heads of
 * their records. Who has no segment yet has nothing to agree to and is left out. Role worker.
 */
export async function answerable(
  tx: Tx,
  asked: {
    readonly requestId: RequestId;
    readonly version: number;
    readonly sets: readonly string[];
    readonly at: Date;
  },
  page: { readonly after: PersonId | null; readonly limit: number },
): Promise<readonly Answerable[]> {
  return tx.query<Answerable>(
    `select t.person_id as "personId", t.party_id as "partyId", encode(t.statement_digest, 'hex') as "termsDigest",
            encode(t.set_digest, 'hex') as "setDigest", extract(epoch from t.expires_at)::double precision as "termsEnd",
            encode(t.appointment_digest, 'hex') as appointment, bound.heads
       from marketplace.ask a
       join consent.answering_terms t on t.person_id = a.person_id
       cross join lateral (
         select jsonb_agg(jsonb_build_object('sourceRecord', r.id, 'sequence', r.head_sequence,
                                             'digest', encode(r.head_digest, 'hex')) order by r.id) as heads
           from identity.binding b join register.source_record r on r.id = b.source_record_id
          where b.person_id = a.person_id and b.ended_at is null and r.head_digest is not null
       ) bound
      where a.request_id = $1 and a.version = $2 and t.expires_at > $4
        and t.set_digest = any ($3::bytea[]) and bound.heads is not null
        and ($5::uuid is null or a.person_id > $5)
      order by a.person_id limit $6`,
    [
      asked.requestId,
      asked.version,
      asked.sets.map((digest) => Buffer.from(hex.decode(digest))),
      asked.at,
      page.after,
      page.limit,
    ],
  );
}

/** Marks asks as answered that terms answered. Role worker, which reads no answer. */
export async function markAnsweredByTerms(
  tx: Tx,
  { requestId, version }: { readonly requestId: RequestId; readonly version: number },
  persons: readonly PersonId[],
): Promise<number> {
  return tx.execute(
    `update marketplace.ask set state = 'granted', answered_at = clock_timestamp()
      where request_id = $1 and version = $2 and person_id = any ($3::uuid[])`,
    [requestId, version, persons],
  );
}
