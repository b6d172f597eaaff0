/** How an act is told as FHIR AuditEvent: which shape of IHE BALP (https://profiles.ihe.net/ITI/BALP/), or plain DICOM codes. */
export type AuditShape =
  | 'read'
  | 'query'
  | 'create'
  | 'update'
  | 'delete'
  | 'disclosure'
  | 'export'
  | 'emergency'
  | 'receipt'
  | 'login'
  | 'security'
  | 'activity';

/** Every act of the access log and its shape. A new act needs a row; a test compares this table with the sources. */
export const AUDIT_ACTS: { readonly [act: string]: AuditShape } = {
  'audit.exported': 'receipt',
  'bank-details.read': 'read',
  'bank-details.saved': 'update',
  'consent.answered': 'create',
  'consent.revoked': 'update',
  'consent.rules-set': 'update',
  'consent.terms-set': 'update',
  'contact.read': 'read',
  'contact.saved': 'update',
  'counts.locked-out': 'security',
  'counts.released': 'security',
  'deposit.record': 'activity',
  'deposit.recorded': 'activity',
  'disclosure.approved': 'security',
  'disclosure.proposed': 'security',
  'emergency.opened': 'emergency',
  'emergency.reason-read': 'read',
  'emergency.reviewed': 'security',
  'extraction.emitted': 'activity',
  'extraction.measured': 'activity',
  'extraction.planned': 'activity',
  'extraction.released': 'activity',
  'guardian.appointed': 'security',
  'guardian.confirmed': 'security',
  'guardian.ended': 'security',
  'identifiers.read': 'read',
  'identifiers.saved': 'update',
  'key.added': 'security',
  'key.identifier-opened': 'activity',
  'key.revoked': 'security',
  'keys.epoch-began': 'activity',
  'keys.epoch-ended': 'activity',
  'ledger.entries-exported': 'query',
  'ledger.entries-read': 'query',
  'ledger.key-used': 'activity',
  'ledger.openings-checked': 'activity',
  'ledger.receipt-opened': 'receipt',
  'licence.appealed': 'security',
  'licence.proposed': 'security',
  'licence.suspended': 'security',
  'membership.began': 'security',
  'membership.ended': 'security',
  'order.delivered': 'activity',
  'order.extraction-begun': 'activity',
  'order.fund': 'activity',
  'order.funded': 'activity',
  'order.refunded': 'activity',
  'order.released': 'activity',
  'package.fetched': 'disclosure',
  'party.affiliated': 'security',
  'party.affiliation-ended': 'security',
  'party.registered': 'security',
  'payout.executed': 'read',
  'payout.request': 'activity',
  'payout.requested': 'activity',
  'record.disclosed': 'disclosure',
  'record.erased': 'delete',
  'record.exported': 'export',
  'record.left-out': 'activity',
  'record.opened': 'read',
  'record.retracted': 'update',
  'record.written': 'create',
  'recovery.attested': 'security',
  'recovery.finished': 'security',
  'recovery.requested': 'security',
  'recovery.vetoed': 'security',
  'release.receipt-opened': 'receipt',
  'request.amend': 'activity',
  'request.amended': 'activity',
  'request.answer': 'activity',
  'request.approved': 'activity',
  'request.asked': 'activity',
  'request.cancel': 'activity',
  'request.cancelled': 'activity',
  'request.decide': 'activity',
  'request.lapsed': 'activity',
  'request.rejected': 'activity',
  'request.submit': 'activity',
  'request.submitted': 'activity',
  'session.opened': 'login',
  'source-record.attested': 'security',
  'source-record.bound': 'security',
  'source-records.linked': 'security',
  'source-records.unlinked': 'security',
  'upload.opened': 'read',
  'upload.received': 'create',
  'visa.issue': 'security',
  'visa.issued': 'security',
  'ward.read': 'read',
  'withdrawals.acknowledged': 'activity',
  'withdrawals.fetched': 'disclosure',
  'withdrawals.listed': 'activity',
  'withdrawals.packed': 'activity',
};

/** The shape of an act; null for what has no row: the edge names what it refuses after fields and routes. */
export function auditShapeOf(act: string): AuditShape | null {
  return Object.hasOwn(AUDIT_ACTS, act) ? (AUDIT_ACTS[act] as AuditShape) : null;
}
