import { AuditError } from '../audit.errors';

/** Longest range of one export: a year with its leap day. */
export const EXPORT_DAYS_MAX = 366;
/** An export ends so long before now, as an event gets its time a moment before its transaction is known to the database. */
export const EXPORT_LAG_MS = 1_000;
/** Header that says how many lines an export has. */
export const EXPORT_COUNT_HEADER = 'aceso-event-count';
const DAY_MS = 86_400_000;

/** Why an officer takes the access log along: words from a list, since a free text would be about persons. */
export const EXPORT_REASONS = ['inspection', 'incident', 'complaint', 'monitoring', 'archive'] as const;
export type ExportReason = (typeof EXPORT_REASONS)[number];

/** Events from `since` on and before `until`. */
export interface ExportRange {
  readonly since: Date;
  readonly until: Date;
}

/** An export as it is asked for: texts, of which nothing is believed yet. */
export interface ExportWish {
  readonly since?: string;
  readonly until?: string;
  readonly reason?: string;
}

/** RFC 3339 with seconds, and a zone or Z. */
const INSTANT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?(Z|[+-][0-9]{2}:[0-9]{2})$/;

/** Reads range and reason at `now` (ms). Throws AUDIT_RANGE_INVALID, AUDIT_REASON_INVALID. */
export function readExportWish(wish: ExportWish, now: number): ExportRange & { readonly reason: ExportReason } {
  const reason = EXPORT_REASONS.find((each) => each === wish.reason);
  if (!reason) throw new AuditError('AUDIT_REASON_INVALID', `give a reason: ${EXPORT_REASONS.join(', ')}`);
  const [since, until] = [instant(wish.since, 'since'), instant(wish.until, 'until')];
  if (since >= until || until - since > EXPORT_DAYS_MAX * DAY_MS) {
    throw new AuditError('AUDIT_RANGE_INVALID', `since is before until, by ${EXPORT_DAYS_MAX} days at most`);
  }
  if (until > now - EXPORT_LAG_MS) {
    throw new AuditError('AUDIT_RANGE_INVALID', 'until is past: events of now are still being written');
  }
  return { since: new Date(since), until: new Date(until), reason };
}

function instant(text: string | undefined, name: string): number {
  const value = text !== undefined && INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(value)) return value;
  throw new AuditError('AUDIT_RANGE_INVALID', `${name} is a time such as 2026-03-01T00:00:00Z`);
}
