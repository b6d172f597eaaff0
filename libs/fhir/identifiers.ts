import { objectOf, objectsOf, textOf, type FhirResource } from './resource';

/** An identifier that may tell that two providers hold the same patient. Only ever leaves memory as a keyed hash. */
export interface PatientIdentifier {
  /** Strong: issued to one human being by a state. Weak: everything else that is more than a local number. */
  readonly strength: 'strong' | 'weak';
  /** One text for one identifier: kind or system, then the value without punctuation and in upper case. */
  readonly normalised: string;
}

/** HL7 v2 table 0203 codes of identifiers that a state issues to one person. */
const STRONG_TYPES: ReadonlySet<string> = new Set(['SS', 'PPN', 'DL', 'NI', 'NIIP', 'CZ', 'SB', 'TAX']);
/** Systems that name the same kind of identifier as a type code. */
const SYSTEM_TYPES: { readonly [system: string]: string } = {
  'http://hl7.org/fhir/sid/us-ssn': 'SS',
  'urn:oid:2.16.840.1.113883.4.1': 'SS',
};
/** Numbers that a provider gives out for itself: they say nothing about other providers. */
const LOCAL_TYPES: ReadonlySet<string> = new Set(['MR', 'PI', 'VN', 'AN', 'PT']);
const TYPE_SYSTEM = /v2-0203$|v2\/0203$/;

const LENGTH_MIN = 5;
const LENGTH_MAX = 64;
const IDENTIFIERS_MAX = 32;
/** Texts that stand for "no number". */
const PLACEHOLDER =
  /^(?:UNKNOWN|NONE|NULL|TEST\w*|XX+|NOTAPPLICABLE|NOTKNOWN|UNASSIGNED|DECLINED|REFUSED|PENDING|TEMP\w*)$/;

/** Identifiers of a Patient that are fit for matching, without placeholders; at most 32. */
export function readIdentifiers(patient: FhirResource): readonly PatientIdentifier[] {
  const found = new Map<string, PatientIdentifier>();
  for (const identifier of objectsOf(patient.identifier)) {
    const system = textOf(identifier.system) ?? '';
    const type = typeCode(identifier.type) ?? SYSTEM_TYPES[system];
    const value = (textOf(identifier.value) ?? '')
      .normalize('NFKC')
      .toUpperCase()
      .replace(/[^\p{L}\p{N}]/gu, '');
    if (identifier.use === 'old' || identifier.use === 'temp' || isPlaceholder(value)) continue;
    if (type !== undefined && LOCAL_TYPES.has(type)) continue;
    const strength = type !== undefined && STRONG_TYPES.has(type) ? 'strong' : 'weak';
    if (strength === 'weak' && system === '') continue;
    // The system stands beside the type: two states may give out the same number to two people.
    const normalised = type === 'SS' ? `SS|${value}` : `${type ?? ''}|${system}|${value}`;
    if (found.size < IDENTIFIERS_MAX) found.set(normalised, { strength, normalised });
  }
  return [...found.values()];
}

function typeCode(type: unknown): string | undefined {
  const coding = objectsOf(objectOf(type).coding).find(({ system }) => TYPE_SYSTEM.test(textOf(system) ?? ''));
  return textOf(coding?.code);
}

/** True for values that stand on many records without naming anybody: too short, one repeated sign, counted up or down. */
export function isPlaceholder(value: string): boolean {
  if (value.length < LENGTH_MIN || value.length > LENGTH_MAX) return true;
  if (new Set(value).size <= 1 || PLACEHOLDER.test(value)) return true;
  // Social security numbers that were printed in advertisements and used by thousands.
  if (value === '078051120' || value === '219099999') return true;
  return '01234567890123456789'.includes(value) || '98765432109876543210'.includes(value);
}
