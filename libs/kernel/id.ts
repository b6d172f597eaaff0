declare const brand: unique symbol;

/** A UUID that names one kind of thing: passing the id of one kind for another does not compile. */
export type Id<Name extends string> = string & { readonly [brand]: Name };

export type PartyId = Id<'Party'>;
/** A person: the reversible set of source records that belong to one human being. */
export type PersonId = Id<'Person'>;
export type SourceRecordId = Id<'SourceRecord'>;
export type UploadId = Id<'Upload'>;
export type CohortId = Id<'Cohort'>;
export type RequestId = Id<'Request'>;
export type OrderId = Id<'Order'>;
export type AccessEventId = Id<'AccessEvent'>;
export type LedgerEntryId = Id<'LedgerEntry'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a lower-case UUID of any version (RFC 9562 section 4). */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** The value as an id of one kind; throws a TypeError when it is no UUID. */
export function asId<Kind extends string>(value: string): Id<Kind> {
  if (!isUuid(value)) throw new TypeError('an id is a lower-case UUID');
  return value as Id<Kind>;
}
