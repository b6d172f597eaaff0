import { canonicalJson, utf8, type PartyId } from '@aceso/kernel';
import type { ResourceRow } from '../ingest/resource-row';

/** Who wrote what, when, for whom, under which rule. */
export interface Origin {
  /** The write, which is also the id of its Provenance. */
  readonly id: string;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly at: number;
  readonly physicianId: PartyId;
  readonly providerId: PartyId;
  /** Numbers of the patient's rules. */
  readonly rules: readonly number[];
}

const PARTY = 'urn:aceso:party';
const PURPOSE = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';

/**
 * The FHIR R4 Provenance (6.3) of a write, as one more line of its segment: parties are named by their ids here, `policy` names the
 * rule, the reason is treatment (HL7 v3 ActReason TREAT).
 */
export function provenanceOf(
  { id, at, physicianId, providerId, rules }: Origin,
  rows: readonly ResourceRow[],
): ResourceRow {
  const who = (value: string) => ({ identifier: { system: PARTY, value } });
  const resource = {
    resourceType: 'Provenance',
    id,
    target: rows.map((row) => ({ reference: `${row.type}/${row.id}` })),
    recorded: new Date(at).toISOString(),
    policy: rules.map((rule) => `urn:aceso:permission-rule:${rule}`),
    reason: [{ coding: [{ system: PURPOSE, code: 'TREAT' }] }],
    agent: [{ who: who(physicianId), onBehalfOf: who(providerId) }],
  };
  const [first] = rows;
  return {
    line: rows.length + 1,
    entry: 0,
    type: 'Provenance',
    id,
    localId: first?.localId,
    canonical: utf8(canonicalJson(resource)),
  };
}
