import { LineReader, PATIENT_ELEMENTS, verdictOf, worse, type Finding, type Verdict } from '@aceso/fhir';
import type { Tx } from '@aceso/platform';

import { Tally, verdictNumber, type IngestTotals } from '../domain';
import { RegisterError } from '../register.errors';
import type { SourceLine } from './line-source';
import { type OpenedWait, QUARANTINE_ROWS_MAX, type WaitingRow } from './quarantine';
import type { ReportSpool } from './report';
import { resourceRow, rowsOf, type FindingRow, type LineRows, type ResourceRow } from './resource-row';
import type { RunContext, RunServices } from './run-context';
import { RunRecords, type AddressedRow } from './run-records';

/** Waiting resources that are placed at once. */
const WAITS_AT_ONCE = 1_000;

/**
 * Reads a file once, from its start, and brings the register to where the file says. What an earlier attempt has stored
 * is recognised and counted the same, so an attempt that was killed leaves no trace in the end.
 */
export class IngestRun {
  private readonly reader = new LineReader();
  private readonly records: RunRecords;
  private readonly resources = new Tally();
  private readonly lines = new Tally();
  private waits = 0;

  constructor(
    private readonly services: RunServices,
    private readonly context: RunContext,
    private readonly report: ReportSpool,
  ) {
    this.records = new RunRecords(services, context);
  }

  /**
   * Takes every line in and stores what came of it; the totals are complete but for what {@link settle} adds. Gives why it
   * ended before the file did, if so: the totals then stand for what was read.
   */
  async run(lines: AsyncIterable<SourceLine[]>): Promise<RegisterError | undefined> {
    this.waits = await this.services.database.transaction('worker', (tx) =>
      this.services.quarantine.count(tx, this.context.providerId),
    );
    await this.readAgain();
    let ending: RegisterError | undefined;
    for await (const batch of lines) {
      await this.take(batch);
      ending = this.ending();
      if (ending !== undefined) break;
    }
    await this.records.storeAll();
    return ending;
  }

  private ending(): RegisterError | undefined {
    const { refusedMax } = this.services.limits;
    if (Math.max(this.lines.totals().refused, this.resources.totals().refused) <= refusedMax) return undefined;
    return new RegisterError(
      'REFUSALS_EXCEEDED',
      `more than ${refusedMax} lines or resources of the file were refused`,
    );
  }

  /** Totals, once those resources that waited within this ingest are counted as what they became. */
  async settle(tx: Tx): Promise<IngestTotals> {
    const { resources, lines } = await this.services.quarantine.outcome(tx, this.context.ingestId);
    for (const verdict of ['unchanged', 'accepted'] as const) {
      this.resources.move('quarantined', verdict, resources.get(verdictNumber(verdict)) ?? 0);
      this.lines.move('quarantined', verdict, lines.get(verdictNumber(verdict)) ?? 0);
    }
    return { resources: this.resources.totals(), lines: this.lines.totals() };
  }

  private async take(batch: readonly SourceLine[]): Promise<void> {
    const lines = batch.map((source) => this.read(source));
    const named = lines.flatMap(({ rows }) => this.addressed(rows));
    const opened = await this.records.open(named);
    if (await this.placeWaiting(opened)) await this.records.open(named);
    const waiting = lines.flatMap((line) => this.placeLine(line));
    if (waiting.length > 0) {
      await this.records.inTransaction((tx) => this.services.quarantine.add(tx, waiting, this.context));
    }
    await this.report.drained();
    await this.records.storeWhenFull();
    await this.records.makeRoom();
  }

  private read(source: SourceLine): LineRows {
    if ('finding' in source) {
      const line = source.line.number;
      return { line, blank: false, rows: [{ line, entry: 0, finding: source.finding }] };
    }
    return rowsOf(this.reader.read(source.line));
  }

  private addressed(rows: readonly (ResourceRow | FindingRow)[]): AddressedRow[] {
    return rows.flatMap((row) => ('finding' in row ? [] : [{ hash: this.records.hashOf(row), row }]));
  }

  /** Places what was quarantined, now or earlier, for patients that have become known; tells whether there was any. */
  private async placeWaiting(hashes: readonly string[]): Promise<boolean> {
    if (hashes.length === 0 || this.waits === 0) return false;
    let any = false;
    for await (const waits of groups(this.services.quarantine.waiting(hashes, this.context), WAITS_AT_ONCE)) {
      any = true;
      const read = waits.flatMap((wait) => this.readWaiting(wait));
      await this.records.open(read);
      for (const item of read) this.settleWaiting(item);
      await this.records.storeWhenFull();
    }
    return any;
  }

  /** What an older version of the software could not read is placed now, or waits for its patient, or is as it was. */
  private async readAgain(): Promise<void> {
    if (this.waits === 0) return;
    for await (const waits of groups(this.services.quarantine.unread(this.context), WAITS_AT_ONCE)) {
      const read = new Map(waits.flatMap((wait) => this.readWaiting(wait).map((item) => [wait, item])));
      await this.records.open([...read.values()]);
      const left = waits.flatMap((wait) => {
        const item = read.get(wait);
        if (item === undefined) return [wait];
        const patient = { hash: item.hash, finding: patientUnknown(item.row) };
        return this.settleWaiting(item) ? [] : [{ ...wait, patient }];
      });
      await this.records.inTransaction((tx) => this.services.quarantine.noteRead(tx, left));
      await this.records.storeWhenFull();
      await this.records.makeRoom();
    }
  }

  /** What waits, where it can be read. */
  private readWaiting(wait: OpenedWait): WaitingItem[] {
    const [entry] = this.reader.read({ number: wait.line, bytes: wait.canonical }).entries;
    if (entry === undefined || !('read' in entry) || entry.read.quarantine !== undefined) return [];
    const row = resourceRow(entry.read, wait);
    return [{ hash: wait.waitingFor ?? this.records.hashOf(row), row, wait }];
  }

  /** Places what has waited; false where its record is not known or full, and it goes on waiting. */
  private settleWaiting({ hash, row, wait }: WaitingItem): boolean {
    const record = this.records.get(hash);
    const verdict = record?.place(row, this.services.limits.recordVersionsMax);
    if (verdict === undefined || verdict === 'full') return false;
    const { ingestId, line, entry } = wait;
    record?.settle({ ingestId, line, entry, became: verdictNumber(verdict) });
    return true;
  }

  /** Places the rows of a line, counts them and gives back what must wait. */
  private placeLine({ line, blank, rows }: LineRows): WaitingRow[] {
    let rest: Verdict = 'unchanged';
    const waiting: Omit<WaitingRow, 'rest'>[] = [];
    for (const row of rows) {
      const outcome = this.place(row);
      const verdict = typeof outcome === 'string' ? outcome : verdictOf(outcome.finding);
      if (!blank) this.resources.add(verdict);
      if (verdict === 'unchanged') this.report.add({ line, entry: row.entry, finding: { code: 'SENT_BEFORE' } });
      if (typeof outcome !== 'string' && verdict === 'quarantined') waiting.push(outcome);
      else rest = worse(rest, verdict);
    }
    const worst = waiting.length > 0 ? worse(rest, 'quarantined') : rest;
    this.lines.add(worst);
    this.waits += waiting.length;
    return waiting.map((row) => ({ ...row, rest: verdictNumber(rest) }));
  }

  private place(row: ResourceRow | FindingRow): 'accepted' | 'unchanged' | Omit<WaitingRow, 'rest'> {
    const { line, entry } = row;
    if ('finding' in row) return this.putAside(row, row.canonical);
    const { canonical, quarantine } = row;
    if (quarantine !== undefined) return this.putAside({ line, entry, finding: quarantine }, canonical);
    const hash = this.records.hashOf(row);
    const record = this.records.get(hash);
    if (record !== undefined) {
      const verdict = record.place(row, this.services.limits.recordVersionsMax);
      if (verdict !== 'full') return verdict;
      return this.putAside({ line, entry, finding: { code: 'RECORD_FULL', path: row.type } }, canonical);
    }
    return {
      ...this.putAside({ line, entry, finding: patientUnknown(row) }, canonical),
      waitingFor: Buffer.from(hash, 'hex'),
    };
  }

  private putAside(row: Omit<FindingRow, 'canonical'>, canonical: Uint8Array = EMPTY): Omit<WaitingRow, 'rest'> {
    const { line, entry } = row;
    const waits = verdictOf(row.finding) === 'quarantined';
    const finding = waits && this.waits >= QUARANTINE_ROWS_MAX ? ({ code: 'QUARANTINE_FULL' } as const) : row.finding;
    if (verdictOf(finding) === 'refused') this.report.add({ line, entry, finding });
    return { line, entry, finding, canonical, waitingFor: undefined };
  }
}

const EMPTY = new Uint8Array(0);

/** A waiting resource that can be read, and the record that it is for. */
interface WaitingItem extends AddressedRow {
  readonly wait: OpenedWait;
}

function patientUnknown({ type }: ResourceRow): Finding {
  return { code: 'PATIENT_UNKNOWN', path: `${type}.${PATIENT_ELEMENTS[type]?.elements[0] ?? 'id'}` };
}

async function* groups<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let group: Item[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
