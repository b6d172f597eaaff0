import { isEnteredInError } from '@aceso/fhir';
import type { HmacSha256 } from '@aceso/kernel';
import { DeidentificationError } from '../deidentification.errors';
import { parseDays } from './calendar';
import { codingTable, type DisplayOf } from './coding-table';
import { compileElements, type CopyElements, type JsonMembers, type Pass } from './element-rules';
import { eventWindows, releasedDates, type ReleasedDate } from './event-dates';
import type { Policy, ResourceRule } from './policy';
import { dateShiftDays, noiseUnder, pseudonymsUnder, type Noise, type Pseudonymise } from './pseudonym';
import { generalise, type Generalisation, type QuasiIdentifiers } from './quasi-identifiers';
import { RegisterRows, type RecordRows, type RowPosition } from './record-rows';
import { RecordSpans, spanOf } from './record-spans';
import { parseReference } from './reference';

/** What one sale fixes for all of its persons. */
export interface SaleContext {
  /** Random, of this sale only, at least 128 bits. */
  readonly saleKey: Uint8Array;
  readonly hmacSha256: HmacSha256;
  /** The record date, `YYYY-MM-DD`: ages and the end of the event window are judged against it. */
  readonly asOf: string;
  readonly generalisation: Generalisation;
  /** Displays of our own table; without it rows carry codes only. */
  readonly displayOf?: DisplayOf;
  /** Resource types that the request names; without it all types of the policy. */
  readonly fields?: readonly string[];
}

/** One row of a data file: FHIR-shaped, with the allow-listed elements only. */
export interface ReleasedRow {
  readonly resourceType: string;
  /** Pseudonym of the row. */
  readonly id: string;
  /** `Patient/<pseudonym of the person>`; absent in the Patient row itself. */
  readonly subject?: { readonly reference: string };
  readonly [element: string]: unknown;
}

export interface ProjectedRow {
  readonly type: string;
  readonly row: ReleasedRow;
  /** Places the row within its person: a released date, or '' when the resource has none. */
  readonly sortDate: string;
  /** The keys of all codes in the row: `system|code` of codings, of units (`unitKeys`), of plain codes (`plainCodeKey`). */
  readonly codes: readonly string[];
}

/** One person in one sale: made once, used for all of the person's resources. */
export interface PersonInSale {
  /** Pseudonym of the person. */
  readonly pseudonym: string;
  /** Days by which the person's dates move; 0 when the policy cuts dates instead. Secret: never stored beside a row. */
  readonly shiftDays: number;
  readonly rows: RecordRows;
  readonly spans: RecordSpans;
  /** The dates of one source record, once all of its resources are noted. */
  datesOf(sourceRecordId: string): RecordDates;
  readonly subject: { readonly reference: string };
}

/** What the dates of one source record become: of what was done in it, and of what the person has or had. */
export interface RecordDates {
  readonly acts: ReleasedDate;
  readonly life: ReleasedDate;
}

/** What is known of a person before its resources are projected. */
export interface KnownOfPerson {
  /** Positions in the register by default. */
  readonly rows?: RecordRows;
  readonly spans?: RecordSpans;
  readonly shiftDays?: number;
}

export interface PersonProjector {
  readonly policy: Policy;
  /** Opens a person by the register's random number. */
  person(number: string, known?: KnownOfPerson): PersonInSale;
  /**
   * Takes note of a resource; all of a person's come before the first is projected: references can be followed only to
   * what was noted, and where a record begins and ends decides which of its dates leave.
   */
  note(resource: JsonMembers, position: RowPosition, person: Pick<PersonInSale, 'rows' | 'spans'>): void;
  /**
   * The row of one resource, or `null` when nothing of it may leave. Pure: the same arguments give the same row, key for
   * key. What was entered in error gives `null`, and so does a Patient resource: its row comes from {@link PersonProjector.patient}, one a person.
   */
  project(resource: JsonMembers, position: RowPosition, person: PersonInSale): ProjectedRow | null;
  /** The Patient row: generalised quasi-identifiers and nothing else. */
  patient(person: Pick<PersonInSale, 'pseudonym'>, attributes: QuasiIdentifiers): ProjectedRow;
}

const SALE_KEY_BYTES_MIN = 16;

/** Throws SALE_KEY_TOO_SHORT. */
export function requireSaleKey(key: Uint8Array): void {
  if (key.length >= SALE_KEY_BYTES_MIN) return;
  throw new DeidentificationError('SALE_KEY_TOO_SHORT', `a sale key has ${SALE_KEY_BYTES_MIN} bytes or more`);
}

/** Compiles a policy for one sale, once a job. Throws SALE_KEY_TOO_SHORT or SALE_DATE_INVALID. */
export function compileProjector(policy: Policy, sale: SaleContext): PersonProjector {
  requireSaleKey(sale.saleKey);
  const asOf = /^\d{4}-\d{2}-\d{2}$/.test(sale.asOf) ? parseDays(sale.asOf) : undefined;
  if (!asOf) throw new DeidentificationError('SALE_DATE_INVALID', 'the record date is a day, YYYY-MM-DD');
  const { dates: rule, historyYearsMax } = policy;
  const datesUnder = (shiftDays: number, spans: RecordSpans): PersonInSale['datesOf'] =>
    once((sourceRecordId) => {
      const { acts, life } = eventWindows(spans.of(sourceRecordId), { asOf: asOf.first, rule, historyYearsMax });
      return { acts: releasedDates(rule, shiftDays, acts), life: releasedDates(rule, shiftDays, life) };
    });
  const pseudonymise = pseudonymsUnder(sale.saleKey, sale.hmacSha256);
  const projections = compileTypes(policy, sale);
  return {
    policy,
    person: (number, { rows, spans = new RecordSpans(), shiftDays = shiftOf(number, policy, sale) } = {}) => {
      const pseudonym = pseudonymise('pseudonym/Patient', number);
      return {
        pseudonym,
        shiftDays,
        rows: rows ?? new RegisterRows(pseudonymise),
        spans,
        datesOf: datesUnder(shiftDays, spans),
        subject: Object.freeze({ reference: `Patient/${pseudonym}` }),
      };
    },
    note: (resource, position, { rows, spans }) => {
      if (isEnteredInError(resource)) return;
      rows.note(resource as { resourceType: string }, position);
      const dated = projections.get(resource['resourceType'])?.dates;
      if (dated) spans.note(position.sourceRecordId, spanOf(resource, dated, asOf.first));
    },
    project: (resource, position, person) =>
      isEnteredInError(resource)
        ? null
        : (projections.get(resource['resourceType'])?.project(resource, position, person) ?? null),
    patient: (person, attributes) => {
      const row = { resourceType: 'Patient', id: person.pseudonym, ...generalise(attributes, sale.generalisation) };
      return { type: 'Patient', row, sortDate: '', codes: [] };
    },
  };
}

/** The keyed hash of a sale for rows that are not positions of the register (offline files). */
export function salePseudonyms(sale: Pick<SaleContext, 'saleKey' | 'hmacSha256'>): Pseudonymise {
  return pseudonymsUnder(sale.saleKey, sale.hmacSha256);
}

function shiftOf(number: string, policy: Policy, sale: SaleContext): number {
  if (policy.dates.kind === 'year') return 0;
  return dateShiftDays(number, { saleKey: sale.saleKey, hmac: sale.hmacSha256, daysMax: policy.dates.daysMax });
}

/** What a function gave for a key, given again. */
function once<Value>(make: (key: string) => Value): (key: string) => Value {
  const made = new Map<string, Value>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}

type Project = PersonProjector['project'];

interface Projection {
  /** The elements that place a resource in time. */
  readonly dates: readonly string[];
  readonly project: Project;
}

function compileTypes(policy: Policy, sale: SaleContext): ReadonlyMap<unknown, Projection> {
  const lookup = codingTable(policy.codeSystems, sale.displayOf ?? (() => undefined));
  const noise = noiseUnder(sale.saleKey, sale.hmacSha256);
  const wanted = (type: string) => sale.fields === undefined || sale.fields.includes(type);
  return new Map(
    Object.entries(policy.resources)
      .filter(([type]) => wanted(type))
      .map(([type, rule]) => {
        const copy = compileElements(rule.elements, { lookup, precision: policy.precision, path: type });
        return [type, { dates: rule.dates, project: projection(type, rule, { copy, noise }) }] as const;
      }),
  );
}

/** A row is dropped when its date does not leave: undated it would stand outside the event window. */
function projection(
  type: string,
  rule: ResourceRule,
  { copy, noise }: { readonly copy: CopyElements; readonly noise: Noise },
): Project {
  const values = Object.keys(rule.elements).filter((element) => element.startsWith('value'));
  return (resource, position, person) => {
    const row: Record<string, unknown> = { resourceType: type, id: '', subject: person.subject };
    if (rule.patientElement === 'patient') row['patient'] = person.subject;
    const rowId = () => person.rows.own(resource as { resourceType: string }, position);
    const pass = passFor(person, position, (path, draw) => noise(rowId(), `${path}\0${draw}`));
    copy(resource, pass, row);
    if (rule.primary.length > 0 && !rule.primary.some((element) => row[element] !== undefined)) return null;
    const sortDate = sortDateOf(rule, resource, row);
    if (sortDate === undefined) return null;
    if (values.length > 0) markMasked(resource, row, values);
    row['id'] = rowId();
    return { type, row: row as ReleasedRow, sortDate, codes: pass.codes };
  };
}

function passFor(person: PersonInSale, position: RowPosition, noise: (path: string, draw: number) => number): Pass {
  let draws = 0;
  const refer = (type: string, text: string) => {
    const id = parseReference(text, type);
    return id === undefined ? undefined : person.rows.referred(type, id, position.sourceRecordId);
  };
  const { acts, life } = person.datesOf(position.sourceRecordId);
  return { date: acts, lifeDate: life, refer, codes: [], decimals: undefined, noise: (path) => noise(path, draws++) };
}

/**
 * The released date that places a row: '' for a resource that has no date at all, `undefined` when it has one that does
 * not leave. A period counts from its start.
 */
function sortDateOf(rule: ResourceRule, resource: JsonMembers, row: JsonMembers): string | undefined {
  let dated = false;
  for (const element of rule.dates) {
    if (resource[element] === undefined) continue;
    dated = true;
    const released = row[element] as string | { readonly start?: string; readonly end?: string } | undefined;
    if (typeof released === 'string') return released;
    if (released?.start !== undefined) return released.start;
    const startsUnknown = (resource[element] as { readonly start?: unknown }).start === undefined;
    if (released?.end !== undefined && startsUnknown) return released.end;
  }
  return dated ? undefined : '';
}

const MASKED = Object.freeze({
  coding: Object.freeze([
    Object.freeze({ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'masked' }),
  ]),
});

/** Says of a measurement whose value does not leave (a text, an unknown unit) that there was one (R4 dataAbsentReason). */
function markMasked(resource: JsonMembers, row: Record<string, unknown>, values: readonly string[]): void {
  if (row['component'] !== undefined) return;
  for (const element of values) if (row[element] !== undefined) return;
  for (const element in resource) {
    if (element.startsWith('value')) {
      row['dataAbsentReason'] = MASKED;
      return;
    }
  }
}
