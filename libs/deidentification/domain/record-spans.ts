import { parseDays, type DayNumber, type DaySpan } from './calendar';
import type { JsonMembers } from './element-rules';

/**
 * The first day on which anything was done, and the last day that anything is dated with, in one source record. A date
 * without a day counts with its last day for the one and its first for the other, so that neither lies outside the record.
 */
export interface RecordSpan {
  readonly first: DayNumber;
  readonly last: DayNumber;
}

/** A record of which no date is known: no date of it leaves. */
const NO_SPAN: RecordSpan = { first: Infinity, last: -Infinity };

/** The spans of source records, by their ids. */
export class RecordSpans {
  /** Goes on with what was noted elsewhere. */
  constructor(private readonly spans = new Map<string, RecordSpan>()) {}

  /** All that was noted, as it can be sent elsewhere. */
  all(): Map<string, RecordSpan> {
    return this.spans;
  }

  note(sourceRecordId: string, { first, last }: RecordSpan): void {
    const known = this.of(sourceRecordId);
    if (first >= known.first && last <= known.last) return;
    this.spans.set(sourceRecordId, { first: Math.min(first, known.first), last: Math.max(last, known.last) });
  }

  of(sourceRecordId: string): RecordSpan {
    return this.spans.get(sourceRecordId) ?? NO_SPAN;
  }
}

/** Elements that say when something began or ended in the person's life, which may be long before anybody wrote it down. */
const OF_A_LIFE = /^(onset|abatement)/;

export function isOfALife(element: string): boolean {
  return OF_A_LIFE.test(element);
}

/**
 * What one resource adds to the span of its record, by the elements that place it. Dates after the record date are plans
 * and mistakes: they say nothing about where the record ends.
 */
export function spanOf(resource: JsonMembers, elements: readonly string[], asOf: DayNumber): RecordSpan {
  let { first, last } = NO_SPAN;
  for (const element of elements) {
    const days = daysOf(resource[element]);
    if (!days || days.first > asOf) continue;
    if (!isOfALife(element)) first = Math.min(first, days.last);
    last = Math.max(last, days.first);
  }
  return { first, last };
}

/** A period counts from its start, or from its end when that is all it says. */
function daysOf(value: unknown): DaySpan | undefined {
  if (typeof value === 'string') return parseDays(value);
  const { start, end } = (value ?? {}) as { readonly start?: unknown; readonly end?: unknown };
  const day = start ?? end;
  return typeof day === 'string' ? parseDays(day) : undefined;
}
