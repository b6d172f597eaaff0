import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { GateService } from '@aceso/identity';
import { categoryOf } from '@aceso/consent/domain';
import { LineReader, verdictOf } from '@aceso/fhir';
import { assert, bytesEqual, hex, utf8, type AccessEventId, type PartyId, type SourceRecordId } from '@aceso/kernel';
import { Database, KeyCustody, Outbox, Runtime, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { sourceRecordKeyData } from '../domain';
import { HeldKeys } from '../held-keys';
import { OpenRecord } from '../ingest/open-record';
import { resourceRow, type ResourceRow } from '../ingest/resource-row';
import { RUN_LIMITS } from '../ingest/run-context';
import { SegmentWriter } from '../ingest/segment-writer';
import { refusingRecords } from '../record-key-refusal';
import { RegisterError } from '../register.errors';
import { localIdHash } from '../source-record.service';
import { AccessDecision, type JudgedWish } from './access-decision';
import { provenanceOf } from './provenance';
import { insertWrite, selectRecordKey, storedNames, type RecordKeyRow } from './write-rows';

/** Resources of one write, at most. */
export const WRITE_RESOURCES_MAX = 50;

/** Types that a physician does not write: who the patient is says its provider, and whence something comes says the register. */
const NOT_WRITABLE: ReadonlySet<string> = new Set(['Patient', 'Provenance', 'AuditEvent', 'Consent']);

export interface Written {
  /** Resources that stand in the new segment; 0 where all of them stood there already. */
  readonly written: number;
}

/** Physicians write where the rules say read and write: new resources, as a sealed segment of their provider's record. */
@Injectable()
export class RecordWriteService {
  private readonly lines = new LineReader();

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly gates: GateService,
    private readonly custody: KeyCustody,
    private readonly keys: HeldKeys,
    private readonly segments: SegmentWriter,
    private readonly outbox: Outbox,
    private readonly runtime: Runtime,
    private readonly decisions: AccessDecision,
  ) {}

  /**
   * Writes FHIR resources, each a JSON text, into a source record of the physician's provider; all or nothing, and the same again
   * changes nothing. The rules are held still until the commit. Throws RESOURCES_TOO_MANY, RESOURCE_NOT_WRITABLE,
   * RESOURCE_ID_TAKEN, RECORD_FULL, RECORD_BUSY, and NO_DATA where the rules do not permit one of them.
   */
  async write(physician: Actor, sourceRecordId: SourceRecordId, texts: readonly string[]): Promise<Written> {
    if (texts.length < 1 || texts.length > WRITE_RESOURCES_MAX) {
      throw new RegisterError('RESOURCES_TOO_MANY', `send 1 to ${WRITE_RESOURCES_MAX} resources at once`);
    }
    const rows = texts.map((text, index) => this.rowOf(text, index));
    const asked = { actor: physician, purpose: 'treatment', act: 'record.written' } as const;
    return this.decisions.answering(() =>
      this.database.transaction('api', async (tx) => {
        const { patient } = await this.decisions.judge(tx, { ...asked, handle: { sourceRecordId } });
        await this.gates.lockAndRead(tx, [patient.personId]);
        const judged = await this.decisions.judgeKnown(tx, { ...asked, patient });
        const rules: number[] = [];
        for (const { canonical } of rows) rules.push(await this.permittedBy(tx, asked, judged, canonical));
        return this.store(tx, physician, judged, { sourceRecordId, rows, rules: [...new Set(rules)] });
      }),
    );
  }

  private rowOf(text: string, index: number): ResourceRow {
    const [entry, more] = this.lines.read({ number: index + 1, bytes: utf8(text) }).entries;
    assert(entry, 'a line has an entry');
    const refused = (why: string): RegisterError =>
      new RegisterError('RESOURCE_NOT_WRITABLE', `resource ${index + 1}: ${why}`);
    if (!('read' in entry)) {
      const { code, path } = entry.finding;
      throw refused(`${verdictOf(entry.finding)}, ${code}${path === undefined ? '' : ` at ${path}`}`);
    }
    if (more || entry.read.quarantine) throw refused('send one R4 resource in each text');
    if (NOT_WRITABLE.has(entry.read.type)) throw refused('physicians do not write this type');
    if (entry.read.placement.kind !== 'patient') throw refused('it must name the patient');
    return resourceRow(entry.read, { line: index + 1, entry: 0 });
  }

  /** Number of the rule that permits a resource to be written. */
  private async permittedBy(
    tx: Tx,
    asked: { readonly actor: Actor; readonly purpose: 'treatment'; readonly act: 'record.written' },
    { patient, decide }: JudgedWish,
    canonical: Uint8Array,
  ): Promise<number> {
    const resource = JSON.parse(Buffer.from(canonical).toString('utf8')) as Parameters<typeof categoryOf>[0];
    const decision = decide(categoryOf(resource, patient.providerId));
    if (decision.effect === 'permit' && decision.rule) return decision.rule.number;
    return this.decisions.refuse(tx, { ...asked, patient }, decision);
  }

  private async store(
    tx: Tx,
    physician: Actor,
    judged: JudgedWish,
    {
      sourceRecordId,
      rows,
      rules,
    }: { readonly sourceRecordId: SourceRecordId; readonly rows: readonly ResourceRow[] } & {
      /** Numbers of the rules that permit them, each once. */
      readonly rules: readonly number[];
    },
  ): Promise<Written> {
    const { providerId, personId } = judged.patient;
    const stored = await selectRecordKey(tx, sourceRecordId);
    await this.requireOwn(tx, physician.partyId, providerId, stored, rows);
    const { rulesDigest } = judged;
    const [rule] = rules;
    assert(rulesDigest && rule, 'what is permitted by a rule has rules');
    const accessEventId = await this.audit.record(tx, {
      act: 'record.written',
      actorId: physician.partyId,
      subjectId: personId,
      outcome: 'permitted',
      purpose: 'treatment',
      basis: 'rule',
      rule,
      providerId,
      detail: { sourceRecord: sourceRecordId, rules: [...rules], statement: hex.encode(rulesDigest) },
    });
    const writeId = this.runtime.uuid();
    const at = this.runtime.now();
    await insertWrite(tx, {
      id: writeId,
      sourceRecordId,
      physicianId: physician.partyId,
      providerId,
      rules,
      rulesDigest,
      accessEventId,
      at,
    });
    const record = await this.openRecord(tx, stored, accessEventId, rows);
    const placed = rows.filter((row) => placeNew(record, row));
    if (placed.length === 0) return { written: 0 };
    const provenance = provenanceOf({ id: writeId, at, physicianId: physician.partyId, providerId, rules }, placed);
    record.place(provenance, RUN_LIMITS.recordVersionsMax + 1);
    const { lines, versions } = record.takePending();
    const [draft, more] = await this.segments.draft(record, lines, versions);
    assert(draft && !more, 'a write of one GraphQL request fits into one segment');
    await this.segments.writeOne(tx, draft, { providerId, writeId });
    await this.outbox.publish(tx, { topic: 'register.index', payload: { personId } });
    return { written: placed.length };
  }

  /** Every resource names the patient of this record, by the provider's own id. */
  private async requireOwn(
    tx: Tx,
    physicianId: PartyId,
    providerId: PartyId,
    { localIdHash: hash }: RecordKeyRow,
    rows: readonly ResourceRow[],
  ): Promise<void> {
    const { key } = await this.keys.identifier(tx, physicianId);
    for (const { localId, line } of rows) {
      if (localId !== undefined && bytesEqual(localIdHash(key, providerId, localId), hash)) continue;
      throw new RegisterError('RESOURCE_NOT_WRITABLE', `resource ${line}: it names another patient than the record's`);
    }
  }

  private async openRecord(
    tx: Tx,
    stored: RecordKeyRow,
    accessEventId: AccessEventId,
    rows: readonly ResourceRow[],
  ): Promise<OpenRecord> {
    const { id, keyVersion, keyWrapped, keyEpoch, headSequence, headDigest } = stored;
    const aad = sourceRecordKeyData(id, keyVersion);
    const request = { keyOwner: id, wrapped: keyWrapped, epoch: keyEpoch, aad, accessEventId };
    const [key] = await refusingRecords(() => this.custody.unwrap(tx, [request]));
    assert(key, 'a key was opened');
    const versions = await storedNames(tx, id, key, rows);
    const chain = { keyVersion, sequence: headSequence, digest: headDigest ?? undefined };
    return new OpenRecord(id, key, chain, { ...versions, own: new Map(), accepted: 0 });
  }
}

/** False where exactly this stands there. What stands under the same id is corrected by its provider, which knows what it replaces. */
function placeNew(record: OpenRecord, row: ResourceRow): boolean {
  const known = record.holds(row);
  const verdict = record.place(row, RUN_LIMITS.recordVersionsMax);
  if (verdict === 'unchanged') return false;
  if (verdict === 'full') throw new RegisterError('RECORD_FULL', 'this record takes no more resources');
  if (known) {
    throw new RegisterError('RESOURCE_ID_TAKEN', `resource ${row.line}: choose an id that this record does not have`);
  }
  return true;
}
