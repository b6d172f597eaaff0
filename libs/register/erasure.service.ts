import { Inject, Injectable } from '@nestjs/common';
import { assert, asId, hex, type LedgerEntryId, type PersonId, type SourceRecordId } from '@aceso/kernel';
import { BindingService, GateService, StatementJournal, StatementService } from '@aceso/identity';
import { ERASURE } from '@aceso/identity/domain';
import { Ledger, type Receipt } from '@aceso/ledger';
import {
  CONFIG,
  Database,
  KeyCustody,
  Outbox,
  Runtime,
  TOMBSTONE_MARKS_MAX,
  tombstoneId,
  tombstoneMark,
  writeTombstone,
  type Config,
  type Tx,
} from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { deadOn, latencyDays } from './domain';
import { RegisterError } from './register.errors';

/** Erasures of one answer, at most. */
export const ERASURES_SHOWN_MAX = 100;

/** What a patient erased, as the patient sees it afterwards. */
export interface OwnErasure {
  readonly id: string;
  /** Digest of the statement that asked for it. */
  readonly statement: string;
  /** Null: the whole person. */
  readonly sourceRecordId: SourceRecordId | null;
  /** Source records whose keys were destroyed. */
  readonly records: number;
  readonly erasedAt: Date;
  /** YYYY-MM-DD: from this day on no key in existence opens a backup from before. */
  readonly deadOn: string;
  readonly entryId: LedgerEntryId;
}

/**
 * Erasure by the patient (privacy-and-keys 3): keys go, and with them every copy of the ciphertext in this database at once, in
 * backups when their epoch has turned and the backups of its key have expired.
 */
@Injectable()
export class ErasureService {
  constructor(
    private readonly database: Database,
    private readonly statements: StatementService,
    private readonly bindings: BindingService,
    private readonly gates: GateService,
    private readonly journal: StatementJournal,
    private readonly ledger: Ledger,
    private readonly custody: KeyCustody,
    private readonly outbox: Outbox,
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'epochDays' | 'keyBackupDays'>,
  ) {}

  /** Days until no backup can be opened any more: one epoch and the time that a backup of the keys is kept. */
  get latencyDays(): number {
    return latencyDays(this.config);
  }

  /**
   * Erases what the statement names, in the acting transaction, which should do nothing after it: the tombstone is on disk when
   * this returns. The same statement again changes nothing. Throws ERASURE_NOT_BOUND, ERASURE_TOO_LARGE or a refusal of the
   * statement.
   */
  async erase(tx: Tx, actor: Actor, text: string): Promise<OwnErasure> {
    const accepted = await this.statements.accept(tx, text, { ...ERASURE, actor });
    const { claims, digest, personId, acceptedAt } = accepted;
    assert(personId, 'a patient has a person');
    if (accepted.repeated) return this.find(tx, digest);
    const sourceRecordId = claims.sourceRecord === null ? null : asId<'SourceRecord'>(claims.sourceRecord);
    const records = await this.recordsOf(tx, personId, sourceRecordId);
    await this.gates.narrow(tx, [personId], 'erasure');
    await this.journal.record(tx, accepted, { act: 'record.erased', detail: { records: records.length } });
    const id = this.runtime.uuid();
    const entryId = await this.ledger.append(tx, {
      kind: 'person',
      code: 'record.erased',
      payload: { erasure: id, statement: digest, whole: sourceRecordId === null, records: records.length },
      subjectId: id, // a key of its own: the receipt outlives the person's openings
    });
    const dead = deadOn(acceptedAt, this.config);
    await tx.query('select register.erase($1, $2, $3, $4, $5::date)', [
      hex.decode(digest),
      id,
      sourceRecordId,
      entryId,
      dead,
    ]);
    if (sourceRecordId !== null) await this.outbox.publish(tx, { topic: 'register.index', payload: { personId } });
    const marks = records.map((record) => tombstoneMark('source-record', record));
    if (sourceRecordId === null) marks.push(tombstoneMark('person', personId));
    writeTombstone(this.custody.folder, { id: tombstoneId(hex.decode(digest)), marks });
    return this.find(tx, digest);
  }

  /** What the acting patient erased, newest first, with receipts where the entry is public and `opened` asks for them. */
  async own(actor: Actor): Promise<{ erasure: OwnErasure; receipt: Receipt | null }[]> {
    const erasures = await this.database.transaction('api', async (tx) => {
      await tx.actAs(actor.partyId);
      return tx.query<OwnErasure>(`${SELECT} order by erased_at desc, id limit $1`, [ERASURES_SHOWN_MAX]);
    });
    const shown = [];
    for (const erasure of erasures) {
      shown.push({ erasure, receipt: await this.ledger.receipt(erasure.entryId, actor.partyId) });
    }
    return shown;
  }

  private async recordsOf(tx: Tx, personId: PersonId, wanted: SourceRecordId | null): Promise<SourceRecordId[]> {
    const bound = (await this.bindings.boundSourceRecords(tx, [personId])).map(({ sourceRecordId }) => sourceRecordId);
    const records = wanted === null ? bound : bound.filter((id) => id === wanted);
    if (wanted !== null && records.length === 0) {
      throw new RegisterError('ERASURE_NOT_BOUND', 'the source record is not bound to this patient: see myRecords');
    }
    if (records.length >= TOMBSTONE_MARKS_MAX) {
      throw new RegisterError(
        'ERASURE_TOO_LARGE',
        `more than ${TOMBSTONE_MARKS_MAX - 1} source records at once: erase some of them first`,
      );
    }
    return records;
  }

  private async find(tx: Tx, digest: string): Promise<OwnErasure> {
    const [erasure] = await tx.query<OwnErasure>(`${SELECT} where statement_digest = $1`, [hex.decode(digest)]);
    assert(erasure, 'an erasure that was accepted has a row');
    return erasure;
  }
}

const SELECT = `
select id, encode(statement_digest, 'hex') as statement, source_record_id as "sourceRecordId", records,
       erased_at as "erasedAt", dead_on as "deadOn", entry_id as "entryId"
  from register.erasure`;
