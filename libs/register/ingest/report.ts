import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';

import { Injectable } from '@nestjs/common';
import { LineSplitter, verdictOf, type Finding } from '@aceso/fhir';
import { BlobStore } from '@aceso/platform';

import type { IngestTotals } from '../domain';
import type { Claim } from './claim';

/** Resources that were sent before and are named in one report, at most; the totals count everything. */
export const UNCHANGED_NAMED_MAX = 1_000_000;

/** One line of a report. No content: numbers, codes and element names. */
export interface ReportLine {
  readonly line: number;
  /** Index in the Bundle; 0 where the line is one resource, or is wrong as a whole. */
  readonly entry: number;
  readonly finding: Finding;
}

export interface ReportSummary extends IngestTotals {
  readonly ingest: string;
  /** Resources of earlier ingests that waited and were placed now. */
  readonly recovered: number;
}

/** Findings of a run in the order of the file, on their way to a blob: memory does not grow with the file. */
export class ReportSpool {
  private readonly content = new PassThrough();
  private readonly stored: Promise<unknown>;
  private unchanged = 0;

  constructor(
    blobs: BlobStore,
    readonly key: string,
    private readonly namedMax = UNCHANGED_NAMED_MAX,
  ) {
    this.content.on('error', () => undefined); // the promise tells it
    this.stored = blobs.put(key, this.content);
    this.stored.catch(() => undefined); // seen by whoever waits for it next
  }

  /** Findings that are counted and not named. */
  get leftOut(): number {
    return Math.max(0, this.unchanged - this.namedMax);
  }

  add(line: ReportLine): void {
    if (line.finding.code === 'SENT_BEFORE' && ++this.unchanged > this.namedMax) return;
    this.content.write(textOf(line));
  }

  /** Waits until there is room for more. */
  async drained(): Promise<void> {
    if (this.content.writableNeedDrain) await Promise.race([once(this.content, 'drain'), this.stored]);
  }

  async end(): Promise<void> {
    this.content.end();
    await this.stored;
  }

  /** Keeps nothing of what was not ended. */
  async abort(): Promise<void> {
    this.content.destroy();
    await this.stored.catch(() => undefined);
  }
}

/** Reports of ingests: one blob each, made of what a run has spooled and of what still waits at its end. */
@Injectable()
export class ReportStore {
  constructor(private readonly blobs: BlobStore) {}

  /** Each attempt spools for itself: an older one may be about to find out that it was taken over. */
  begin({ ingestId, attempt }: Claim): ReportSpool {
    return new ReportSpool(this.blobs, spoolKey(ingestId, attempt));
  }

  /**
   * Writes the report as NDJSON: first the summary, then a line for each resource that was not accepted, in the order of
   * the file. `settled` are those that had to wait, in the same order, and do so still or turned out to be unchanged.
   */
  async write(spool: ReportSpool, summary: ReportSummary, settled: AsyncGenerator<ReportLine>): Promise<void> {
    const spooled = linesOf(await this.blobs.open(spool.key));
    const head = `${JSON.stringify({ ...summary, findingsLeftOut: spool.leftOut })}\n`;
    await this.blobs.put(reportKey(summary.ingest), Readable.from(merged(head, spooled, settled)));
  }

  /** The report of an ingest; BLOB_NOT_FOUND where it has none. */
  open(ingestId: string): Promise<Readable> {
    return this.blobs.open(reportKey(ingestId));
  }

  /** Removes what the attempts of an ended ingest have spooled. */
  async removeSpools({ ingestId, attempt: last }: Claim): Promise<void> {
    for (let attempt = 1; attempt <= last; attempt++) await this.blobs.delete(spoolKey(ingestId, attempt));
  }
}

function reportKey(ingestId: string): string {
  return `reports/${ingestId}.ndjson`;
}

function spoolKey(ingestId: string, attempt: number): string {
  return `reports/${ingestId}.${attempt}.spool`;
}

function textOf({ line, entry, finding: { code, path } }: ReportLine): string {
  return `${JSON.stringify({ line, entry, verdict: verdictOf({ code }), code, path })}\n`;
}

async function* linesOf(blob: Readable): AsyncGenerator<string> {
  const splitter = new LineSplitter();
  for await (const chunk of blob) {
    for (const block of splitter.push(chunk as Uint8Array))
      for (let at = 0; at < block.count; at += 1)
        yield `${Buffer.from(block.line(at).bytes as Uint8Array).toString()}\n`;
  }
}

/** Two sequences in the order of the file become one. */
async function* merged(
  head: string,
  spooled: AsyncIterable<string>,
  settled: AsyncGenerator<ReportLine>,
): AsyncGenerator<string> {
  yield head;
  try {
    let next = await settled.next();
    for await (const text of spooled) {
      const place = JSON.parse(text) as Place;
      for (; next.done !== true && isBefore(next.value, place); next = await settled.next()) yield textOf(next.value);
      yield text;
    }
    for (; next.done !== true; next = await settled.next()) yield textOf(next.value);
  } finally {
    await settled.return(undefined);
  }
}

type Place = Pick<ReportLine, 'line' | 'entry'>;

function isBefore(a: Place, b: Place): boolean {
  return a.line < b.line || (a.line === b.line && a.entry < b.entry);
}
