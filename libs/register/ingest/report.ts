import { verdictOf, type Finding } from '@aceso/fhir';

import type { IngestTotals } from '../domain';

/** Findings of one report, at most; the totals count everything. */
export const REPORT_FINDINGS_MAX = 50_000;

/** One line of a report. No content: numbers, codes and element names. */
export interface ReportLine {
  readonly line: number;
  /** Index in the Bundle; absent where the whole line is meant. */
  readonly entry?: number;
  readonly finding: Finding;
}

/** Collects what was not accepted, up to a limit: memory does not grow with the file. */
export class ReportBuilder {
  private readonly lines: ReportLine[] = [];
  private left = 0;

  add(line: ReportLine): void {
    if (this.lines.length < REPORT_FINDINGS_MAX) this.lines.push(line);
    else this.left++;
  }

  /**
   * The report as NDJSON: first the summary, then a line for each resource that was refused or still waits, and for each
   * line of which nothing was new; in the order of the file.
   */
  *text(summary: ReportSummary): Generator<string> {
    yield `${JSON.stringify({ ...summary, findingsLeftOut: this.left })}\n`;
    this.lines.sort((a, b) => a.line - b.line || (a.entry ?? 0) - (b.entry ?? 0));
    for (const { line, entry, finding } of this.lines) {
      const { code, path } = finding;
      yield `${JSON.stringify({ line, entry, verdict: verdictOf(finding), code, path })}\n`;
    }
  }
}

export interface ReportSummary extends IngestTotals {
  readonly ingest: string;
  /** Resources of earlier ingests that waited and were placed now. */
  readonly recovered: number;
}
