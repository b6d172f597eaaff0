import { Injectable } from '@nestjs/common';
import { readDemographics, readFacts, type Demographics, type Fact } from '@aceso/fhir';
import { assert, utf8, type PersonId, type SourceRecordId } from '@aceso/kernel';
import type { AuditService } from '@aceso/audit';
import { Database, hmacSha256, Runtime, type KeyCustody, type Tx } from '@aceso/platform';

import { clearPerson, writeFacts, writePerson, writeVotes, type DisplayVote, type IndexedFact } from './data/fact-rows';
import { mergeDemographics } from './domain';
import { HeldKeys } from './held-keys';
import { RecordReader, type OpenTicket } from './record-reader';
import { SourceRecordService } from './source-record.service';

/** Facts of one person, at most: what comes later in the register is left out. */
export const FACTS_MAX = 500_000;
const TEXT_HASH_BYTES = 16;
/** Index numbers are random and below 2^52, so that they pass through every JSON number. */
const INDEX_NUMBER_BITS = 52n;

/** Sequence of the head that was read, by source record. */
type Heads = { readonly [sourceRecordId: string]: number };

/** What the index keeps of one person, before it is written. */
export interface PersonFacts {
  readonly demographics: Demographics | undefined;
  readonly facts: readonly IndexedFact[];
  readonly votes: ReadonlyMap<string, DisplayVote>;
}

/** What the index stands on. */
export interface IndexParts {
  readonly database: Database;
  readonly audit: AuditService;
  readonly custody: KeyCustody;
  readonly runtime: Runtime;
}

/** Builds the fact index of bound persons out of their segments. It is derived: rebuilding it changes nothing else. */
@Injectable()
export class IndexService {
  constructor(
    private readonly database: Database,
    private readonly records: SourceRecordService,
    private readonly reader: RecordReader,
    private readonly keys: HeldKeys,
    private readonly runtime: Runtime,
  ) {}

  /** The service outside of a process that has modules: for commands of the operator. */
  static over({ database, audit, custody, runtime }: IndexParts): IndexService {
    const keys = new HeldKeys(custody, audit, runtime);
    const reader = new RecordReader(database, audit, custody);
    return new IndexService(database, new SourceRecordService(keys), reader, keys, runtime);
  }

  /** Reads what is bound to a person now and writes the person's facts anew; without a binding they are removed. */
  async rebuild(personId: PersonId): Promise<void> {
    const read = await this.fromSegments(personId);
    await this.database.transaction('index', (tx) => this.write(tx, personId, read));
  }

  /** Everybody who is bound or indexed. */
  async persons(): Promise<PersonId[]> {
    const rows = await this.database.query<{ id: PersonId }>(
      'index',
      `select person_id as id from identity.binding where ended_at is null
       union select person_id from register.person_index order by 1`,
    );
    return rows.map(({ id }) => id);
  }

  /** What the segments that are bound to a person now say of it. Leaves an access event. */
  async fromSegments(personId: PersonId): Promise<{ person: PersonFacts; tickets: readonly OpenTicket[] }> {
    const { tickets, textKey } = await this.database.transaction('worker', async (tx) => {
      const heads = await this.records.heads(tx, personId);
      const items = heads.map(({ sourceRecordId, sequence }) => ({ sourceRecordId, personId, upToSequence: sequence }));
      const { key } = await this.keys.identifier(tx);
      const opened = await this.reader.prepare(tx, items, { purpose: 'index', actorId: null });
      return { tickets: opened, textKey: hmacSha256(key, utf8('aceso/display-text/v1')) };
    });
    return { person: await this.read(tickets, textKey), tickets };
  }

  /**
   * Persons whose facts were not built from the heads of now: never indexed, grown, or no longer bound. In no order, so
   * that some whose records do not open never stand before all others.
   */
  async outdated(limit: number): Promise<{ personId: PersonId }[]> {
    return this.database.query(
      'index',
      `with bound as (
         select b.person_id, jsonb_object_agg(r.id, r.head_sequence) as heads
         from identity.binding b join register.source_record r on r.id = b.source_record_id
         where b.ended_at is null group by b.person_id)
       select person_id as "personId" from bound full join register.person_index i using (person_id)
       where coalesce(bound.heads, '{}') is distinct from i.heads order by random() limit $1`,
      [limit],
    );
  }

  private async read(tickets: readonly OpenTicket[], textKey: Uint8Array): Promise<PersonFacts> {
    const demographics: Demographics[] = [];
    const facts: IndexedFact[] = [];
    const votes = new Map<string, DisplayVote>();
    const encounters = new Map<string, number>();
    for (const ticket of tickets) {
      for await (const { resource } of this.reader.read(ticket)) {
        if (resource.resourceType === 'Patient') demographics.push(readDemographics(resource));
        const read = readFacts(resource);
        for (const fact of read.facts) {
          if (facts.length < FACTS_MAX) facts.push(numbered(fact, `${ticket.sourceRecordId} `, encounters));
        }
        for (const { system, code, text } of read.texts) {
          const key = `${system}\0${code}\0${text}`;
          if (!votes.has(key)) votes.set(key, { system, code, text, hash: textHash(textKey, key) });
        }
      }
    }
    return { demographics: mergeDemographics(demographics), facts, votes };
  }

  /**
   * Writers of one person come one after the other; a binding that ended meanwhile wins, and so does a writer that has
   * read further.
   */
  private async write(
    tx: Tx,
    personId: PersonId,
    { person, tickets }: { readonly person: PersonFacts; readonly tickets: readonly OpenTicket[] },
  ): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 1))', [personId]);
    const bound = await tx.query<{ id: SourceRecordId }>(
      'select source_record_id as id from identity.binding where person_id = $1 and ended_at is null',
      [personId],
    );
    const { number, heads } = await this.indexRow(tx, personId);
    const read = new Map(tickets.map(({ sourceRecordId, upToSequence }) => [sourceRecordId, upToSequence]));
    if (bound.some(({ id }) => (heads?.[id] ?? -1) > (read.get(id) ?? -1))) return;
    await clearPerson(tx, number);
    const ids = new Set(bound.map(({ id }) => id));
    const stands = tickets.every(({ sourceRecordId }) => ids.has(sourceRecordId));
    if (stands && person.demographics !== undefined) {
      await writePerson(tx, number, person.demographics);
      await writeFacts(tx, number, person.facts);
      await writeVotes(tx, number, [...person.votes.values()]);
    }
    await tx.execute('update register.person_index set heads = $2 where person_id = $1', [
      personId,
      JSON.stringify(stands ? Object.fromEntries(read) : {}),
    ]);
  }

  /** The person's number in the index, made at first, and the heads from which its facts were built, where known. */
  private async indexRow(tx: Tx, personId: PersonId): Promise<{ number: bigint; heads: Heads | null }> {
    const fresh = (readU64(this.runtime.randomBytes(8)) >> (64n - INDEX_NUMBER_BITS)) | 1n;
    await tx.execute(
      // A row that is not written takes no number of `person_index.number`: those stay dense, as sets of persons are bits of them.
      `insert into register.person_index (person_id, index_no) select $1::uuid, $2::bigint
        where not exists (select from register.person_index where person_id = $1) on conflict (person_id) do nothing`,
      [personId, fresh.toString()],
    );
    const [row] = await tx.query<{ index_no: string; heads: Heads | null }>(
      'select index_no, heads from register.person_index where person_id = $1',
      [personId],
    );
    assert(row !== undefined, 'the row was made above');
    return { number: BigInt(row.index_no), heads: row.heads };
  }
}

function numbered(fact: Fact, prefix: string, encounters: Map<string, number>): IndexedFact {
  if (fact.encounter === undefined) return { ...fact, encounter: undefined };
  const key = prefix + fact.encounter;
  const number = encounters.get(key) ?? encounters.size + 1;
  encounters.set(key, number);
  return { ...fact, encounter: number };
}

function textHash(key: Uint8Array, text: string): Uint8Array {
  return hmacSha256(key, utf8(text)).subarray(0, TEXT_HASH_BYTES);
}

function readU64(bytes: Uint8Array): bigint {
  return Buffer.from(bytes).readBigUInt64BE();
}
