import type { Json, OrderId, PartyId, PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { AbandonReason, AttemptState, ExclusionReason } from '../domain/attempt';
import { ExtractionError } from '../extraction.errors';

/** Names an attempt; a number of its own within the order and edition stands beside it. */
export type AttemptId = string;

export interface Attempt {
  readonly id: AttemptId;
  readonly orderId: OrderId;
  readonly edition: number;
  readonly number: number;
  readonly state: AttemptState;
  readonly recordDate: string;
  readonly generalisation: Json;
  readonly plan: Json;
  readonly planCheckpoint: string | null;
  /** Why it was given up. */
  readonly reason: AbandonReason | null;
  /** How often its jobs came into the queue. */
  readonly flows: number;
  readonly startedAt: Date;
}

export interface PlannedMember {
  readonly personId: PersonId;
  readonly shardIndex: number;
  readonly grantDigest: string;
  readonly gateVersion: number;
  /** Providers of the source records that the grant covers; each is paid for the person once. */
  readonly providerIds: readonly PartyId[];
}

export interface Member extends PlannedMember {
  readonly state: 'planned' | 'emitted' | 'released';
}

/** An attempt as it begins. */
export type NewAttempt = Omit<Attempt, 'state' | 'reason' | 'flows' | 'startedAt'>;

const ATTEMPT_COLUMNS = `id, order_id as "orderId", edition, number, state, record_date as "recordDate",
  generalisation, plan, plan_checkpoint as "planCheckpoint", reason, flows,
  started_at as "startedAt"`;

/** The attempt of an order that is under way, if there is one. */
export async function openAttempt(tx: Tx, orderId: OrderId): Promise<Attempt | null> {
  const [attempt] = await tx.query<Attempt>(
    `select ${ATTEMPT_COLUMNS} from extraction.attempt where order_id = $1 and state = 'emitting'`,
    [orderId],
  );
  return attempt ?? null;
}

/** Attempts of an order, newest first. */
export async function attemptsOf(tx: Tx, orderId: OrderId): Promise<readonly Attempt[]> {
  return tx.query<Attempt>(
    `select ${ATTEMPT_COLUMNS} from extraction.attempt where order_id = $1 order by edition desc, number desc`,
    [orderId],
  );
}

/** An attempt by its id; null when there is none, or it belongs to another order. */
export async function findAttempt(tx: Tx, orderId: OrderId, id: AttemptId): Promise<Attempt | null> {
  const [attempt] = await tx.query<Attempt>(
    `select ${ATTEMPT_COLUMNS} from extraction.attempt where id = $1 and order_id = $2`,
    [id, orderId],
  );
  return attempt ?? null;
}

/** Writes an attempt with its shards and members. */
export async function insertAttempt(tx: Tx, attempt: NewAttempt, members: readonly PlannedMember[]): Promise<void> {
  await tx.execute(
    `insert into extraction.attempt
       (id, order_id, edition, number, record_date, generalisation, plan, plan_checkpoint)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      attempt.id,
      attempt.orderId,
      attempt.edition,
      attempt.number,
      attempt.recordDate,
      JSON.stringify(attempt.generalisation),
      JSON.stringify(attempt.plan),
      attempt.planCheckpoint,
    ],
  );
  await tx.execute(
    `insert into extraction.shard (attempt_id, index, persons)
     select $1, index, count(*) from unnest($2::integer[]) as planned (index) group by index`,
    [attempt.id, members.map((member) => member.shardIndex)],
  );
  await tx.execute(
    `insert into extraction.member (attempt_id, person_id, shard_index, grant_digest, gate_version, provider_ids)
     select $1, person_id, shard_index, grant_digest, gate_version, string_to_array(provider_ids, ',')::uuid[]
     from unnest($2::uuid[], $3::integer[], $4::text[], $5::integer[], $6::text[])
       as planned (person_id, shard_index, grant_digest, gate_version, provider_ids)`,
    [
      attempt.id,
      members.map((member) => member.personId),
      members.map((member) => member.shardIndex),
      members.map((member) => member.grantDigest),
      members.map((member) => member.gateVersion),
      members.map((member) => member.providerIds.join()), // arrays of arrays must be rectangular in PostgreSQL
    ],
  );
}

/** Members of an attempt, or of one of its shards, by person. */
export async function membersOf(tx: Tx, attemptId: AttemptId, shardIndex?: number): Promise<readonly Member[]> {
  return tx.query<Member>(
    `select person_id as "personId", shard_index as "shardIndex", grant_digest as "grantDigest",
       gate_version as "gateVersion", provider_ids as "providerIds", state
     from extraction.member where attempt_id = $1 and ($2::integer is null or shard_index = $2) order by person_id`,
    [attemptId, shardIndex ?? null],
  );
}

/**
 * Notes which gate version each person of a shard is emitted under, and up to which retraction: what is taken back later than
 * that is seen, as records are read after this has committed. The others of the shard are not emitted.
 */
export async function markEmitted(
  tx: Tx,
  { attemptId, shard }: { readonly attemptId: AttemptId; readonly shard: number },
  versions: ReadonlyMap<PersonId, number>,
): Promise<void> {
  await tx.execute(
    `update extraction.member m
        set gate_version = coalesce(seen.version, m.gate_version),
            retractions = coalesce(gate.retractions, m.retractions),
            state = case when seen.version is null then 'planned' else 'emitted' end
       from extraction.member own left join unnest($3::uuid[], $4::integer[]) as seen (person_id, version)
         on seen.person_id = own.person_id
       left join identity.patient_gate gate on gate.person_id = own.person_id
      where own.attempt_id = $1 and own.shard_index = $2
        and m.attempt_id = own.attempt_id and m.person_id = own.person_id`,
    [attemptId, shard, [...versions.keys()], [...versions.values()]],
  );
}

/**
 * Takes a person out of what is emitted: its rows are not in the files. Refuses with ATTEMPT_OVERTAKEN unless the shard
 * belongs to the caller: another worker may be writing the same person's rows.
 */
export async function dropMember(
  tx: Tx,
  shard: { readonly attemptId: AttemptId; readonly index: number; readonly fence: bigint },
  personId: PersonId,
): Promise<void> {
  const dropped = await tx.execute(
    `update extraction.member m set state = 'planned'
       from extraction.shard s
      where s.attempt_id = $1 and s.index = $2 and s.fence = $3 and s.state = 'running'
        and m.attempt_id = s.attempt_id and m.shard_index = s.index and m.person_id = $4`,
    [shard.attemptId, shard.index, String(shard.fence), personId],
  );
  if (dropped === 0) throw overtaken();
}

/** Whether a provider took something back of a member since its rows were emitted; the caller holds the gates. */
export async function retractedSince(tx: Tx, attemptId: AttemptId): Promise<boolean> {
  const [row] = await tx.query<{ retracted: boolean }>('select extraction.retracted_since($1) as retracted', [
    attemptId,
  ]);
  return row?.retracted === true;
}

/** Marks the members whose rows are in the released files, each with the number of its class in them. */
export async function markReleased(
  tx: Tx,
  attemptId: AttemptId,
  classes: ReadonlyMap<PersonId, number>,
): Promise<void> {
  await tx.execute(
    `update extraction.member m set state = 'released', class_number = shown.number
       from unnest($2::uuid[], $3::integer[]) as shown (person_id, number)
      where m.attempt_id = $1 and m.person_id = shown.person_id`,
    [attemptId, [...classes.keys()], [...classes.values()]],
  );
}

/**
 * Takes the attempt over: from now on only the holder of the returned fencing token can end it. Null when the attempt
 * has ended or still has shards to emit.
 */
export async function claimAttempt(tx: Tx, attemptId: AttemptId): Promise<bigint | null> {
  const [claimed] = await tx.query<{ fence: string }>(
    `update extraction.attempt a set fence = fence + 1
     where id = $1 and state = 'emitting'
       and not exists (select 1 from extraction.shard s where s.attempt_id = a.id and s.state <> 'done')
     returning fence`,
    [attemptId],
  );
  return claimed ? BigInt(claimed.fence) : null;
}

/** Refuses with ATTEMPT_OVERTAKEN unless the attempt still belongs to this token; locks the attempt's row. */
export async function holdAttempt(tx: Tx, attemptId: AttemptId, fence: bigint): Promise<void> {
  const held = await tx.query(
    `select 1 from extraction.attempt where id = $1 and state = 'emitting' and fence = $2 for update`,
    [attemptId, String(fence)],
  );
  if (held.length === 0) throw overtaken();
}

/** Ends an attempt. Refuses with ATTEMPT_OVERTAKEN when another worker took it over or it ended before. */
export async function endAttempt(
  tx: Tx,
  attempt: { readonly id: AttemptId; readonly fence: bigint },
  end: { readonly state: 'released' } | { readonly state: 'abandoned'; readonly reason: AbandonReason },
): Promise<void> {
  const ended = await tx.execute(
    `update extraction.attempt set state = $3, reason = $4, ended_at = clock_timestamp()
     where id = $1 and state = 'emitting' and fence = $2`,
    [attempt.id, String(attempt.fence), end.state, end.state === 'abandoned' ? end.reason : null],
  );
  if (ended === 0) throw overtaken();
}

/** Gives up an attempt that is under way, whoever works on it: their commits are refused. False when it has ended. */
export async function abandonOpen(tx: Tx, id: AttemptId, reason: AbandonReason): Promise<boolean> {
  const ended = await tx.execute(
    `update extraction.attempt set state = 'abandoned', reason = $2, ended_at = clock_timestamp(), fence = fence + 1
      where id = $1 and state = 'emitting'`,
    [id, reason],
  );
  return ended === 1;
}

/** Keeps persons out of every further attempt of the order; returns those who were not out before. */
export async function exclude(
  tx: Tx,
  orderId: OrderId,
  excluded: { readonly persons: readonly PersonId[]; readonly reason: ExclusionReason },
): Promise<readonly PersonId[]> {
  if (excluded.persons.length === 0) return [];
  const rows = await tx.query<{ personId: PersonId }>(
    `insert into extraction.exclusion (order_id, person_id, reason)
     select $1, person_id, $3 from unnest($2::uuid[]) as left_out (person_id)
     on conflict do nothing returning person_id as "personId"`,
    [orderId, excluded.persons, excluded.reason],
  );
  return rows.map((row) => row.personId);
}

/**
 * Members of a released attempt, and those of them whose gate moved, whose grant ran out, who came of age or died since. `minorFrom`:
 * earliest birth month of which nobody is of age.
 */
export async function releasedMembers(
  tx: Tx,
  attemptId: AttemptId,
  minorFrom: string,
): Promise<{ readonly all: ReadonlySet<PersonId>; readonly moved: readonly PersonId[] }> {
  const rows = await tx.query<{ personId: PersonId; moved: boolean }>(
    `select m.person_id as "personId", moved is not null as moved
       from extraction.member m left join extraction.moved_persons($1, $2) as moved on moved = m.person_id
      where m.attempt_id = $1 and m.state = 'released'`,
    [attemptId, minorFrom],
  );
  return {
    all: new Set(rows.map((row) => row.personId)),
    moved: rows.filter((row) => row.moved).map((row) => row.personId),
  };
}

/** Notes under which key the jobs of an attempt were enqueued, so that they can be found again, and counts the keys. */
export async function noteFlow(tx: Tx, attemptId: AttemptId, flowKey: string): Promise<void> {
  await tx.execute(
    `update extraction.attempt set flow_key = $2, flows = flows + (flow_key is distinct from $2)::int where id = $1`,
    [attemptId, flowKey],
  );
}

/** Persons who left the order for good. */
export async function excludedFrom(tx: Tx, orderId: OrderId): Promise<ReadonlySet<PersonId>> {
  const rows = await tx.query<{ personId: PersonId }>(
    `select person_id as "personId" from extraction.exclusion where order_id = $1`,
    [orderId],
  );
  return new Set(rows.map((row) => row.personId));
}

function overtaken(): ExtractionError {
  return new ExtractionError('ATTEMPT_OVERTAKEN', 'another worker has taken this work over');
}
