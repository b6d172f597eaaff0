import { Injectable } from '@nestjs/common';
import { readDemographics, readFacts, type Demographics, type Fact } from '@aceso/fhir';
import { utf8, type PersonId } from '@aceso/kernel';
import { Database, hmacSha256, Runtime, type Tx } from '@aceso/platform';

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

/** What the index keeps of one person, before it is written. */
interface PersonFacts {
  readonly demographics: Demographics | undefined;
  readonly facts: readonly IndexedFact[];
  readonly votes: ReadonlyMap<string, DisplayVote>;
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

  /** Reads what is bound to a person now and writes the person's facts anew; without a binding they are removed. */
  async rebuild(personId: PersonId): Promise<void> {
    const { tickets, textKey } = await this.database.transaction('worker', async (tx) => {
      const heads = await this.records.heads(tx, personId);
      const items = heads.map(({ sourceRecordId, sequence }) => ({ sourceRecordId, personId, upToSequence: sequence }));
      const { key } = await this.keys.identifier(tx);
      const opened = await this.reader.prepare(tx, items, { purpose: 'index', actorId: null });
      return { tickets: opened, textKey: hmacSha256(key, utf8('aceso/display-text/v1')) };
    });
    const person = await this.read(tickets, textKey);
    await this.database.transaction('index', (tx) => this.write(tx, personId, { person, tickets }));
  }

  /** Bound persons that were never indexed. */
  async missing(limit: number): Promise<{ personId: PersonId }[]> {
    return this.database.query(
      'index',
      `select person_id as "personId" from identity.binding b where ended_at is null and not exists (
         select 1 from register.person_index i where i.person_id = b.person_id)
       group by person_id limit $1`,
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

  /** Writers of one person come one after the other; a binding that ended meanwhile wins. */
  private async write(
    tx: Tx,
    personId: PersonId,
    { person, tickets }: { readonly person: PersonFacts; readonly tickets: readonly OpenTicket[] },
  ): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 1))', [personId]);
    const bound = await tx.query<{ id: string }>(
      'select source_record_id as id from identity.binding where person_id = $1 and ended_at is null',
      [personId],
    );
    const ids = new Set(bound.map(({ id }) => id));
    const stands = tickets.length > 0 && tickets.every(({ sourceRecordId }) => ids.has(sourceRecordId));
    const number = await this.indexNumber(tx, personId);
    await clearPerson(tx, number);
    if (stands && person.demographics !== undefined) {
      await writePerson(tx, number, person.demographics);
      await writeFacts(tx, number, person.facts);
      await writeVotes(tx, number, [...person.votes.values()]);
    }
  }

  private async indexNumber(tx: Tx, personId: PersonId): Promise<bigint> {
    const fresh = (readU64(this.runtime.randomBytes(8)) >> (64n - INDEX_NUMBER_BITS)) | 1n;
    await tx.execute(
      'insert into register.person_index (person_id, index_no) values ($1, $2) on conflict (person_id) do nothing',
      [personId, fresh.toString()],
    );
    const [row] = await tx.query<{ index_no: string }>(
      'select index_no from register.person_index where person_id = $1',
      [personId],
    );
    return BigInt(row?.index_no ?? fresh);
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
