import { Injectable } from '@nestjs/common';
import { checkShape } from '@aceso/fhir';
import { utf8, type PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import {
  exportConsent,
  FhirConsentError,
  importConsent,
  type FhirVersion,
  type NamedParty,
  type PermissionRule,
} from './domain';
import { PermissionService } from './permission.service';

/** Longest Consent that is read, in bytes. */
export const CONSENT_BYTES_MAX = 131_072;
/** Most parties that one import names. */
export const CONSENT_PARTIES_MAX = 100;

/** A Consent of another system, and what its references mean here. */
export interface ConsentToRead {
  readonly document: string;
  readonly version: FhirVersion;
  /** Literal reference to party. */
  readonly parties: ReadonlyMap<string, PartyId>;
  readonly everyone?: 'physicians';
}

/** A patient's rules as FHIR Consent, and proposals of rules from one. Nothing here changes what is permitted. */
@Injectable()
export class ConsentDocumentService {
  constructor(private readonly permissions: PermissionService) {}

  /** A patient's rules. Throws FHIR_CONSENT_TOO_LARGE, or FHIR_CONSENT_MALFORMED where stored rules do not verify. */
  async write(tx: Tx, patient: Pick<Actor, 'partyId' | 'personId'>, version: FhirVersion): Promise<string> {
    const { rules, recordedAt, intact } = await this.permissions.ownRules(tx, patient);
    if (!intact) throw new FhirConsentError('FHIR_CONSENT_MALFORMED', 'Consent', 'the signed rules do not verify');
    const plain = rules.map(({ number: _, ...rule }): PermissionRule => rule);
    const head = { patient: patient.partyId, ...(recordedAt && { setAt: recordedAt }) };
    return JSON.stringify(exportConsent(plain, version, head));
  }

  /** Rules that say what a document says, for the patient's client to show and sign. Throws a refusal with the path. */
  async propose(tx: Tx, { document, parties, ...options }: ConsentToRead): Promise<PermissionRule[]> {
    const named = await namedParties(tx, parties);
    return importConsent(parseConsent(document), { ...options, findParty: (reference) => named.get(reference) });
  }
}

/** The JSON of a Consent. Throws FHIR_CONSENT_TOO_LARGE or FHIR_CONSENT_MALFORMED. */
export function parseConsent(text: string): unknown {
  const bytes = utf8(text);
  if (bytes.length > CONSENT_BYTES_MAX) {
    throw new FhirConsentError('FHIR_CONSENT_TOO_LARGE', 'Consent', `is longer than ${CONSENT_BYTES_MAX} bytes`);
  }
  if (checkShape(bytes)) throw new FhirConsentError('FHIR_CONSENT_TOO_LARGE', 'Consent', 'is nested too deeply');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new FhirConsentError('FHIR_CONSENT_MALFORMED', 'Consent', 'is no JSON');
  }
}

async function namedParties(tx: Tx, parties: ReadonlyMap<string, PartyId>): Promise<ReadonlyMap<string, NamedParty>> {
  if (parties.size > CONSENT_PARTIES_MAX) {
    throw new FhirConsentError('FHIR_CONSENT_TOO_LARGE', 'Consent', `name at most ${CONSENT_PARTIES_MAX} parties`);
  }
  const rows = await tx.query<NamedParty>(
    `select id as party, role from identity.party
      where id = any ($1::uuid[]) and role in ('provider', 'physician', 'researcher')`,
    [[...parties.values()]],
  );
  const found = new Map(rows.map((row) => [row.party, row]));
  return new Map(
    [...parties].flatMap(([reference, party]) => {
      const row = found.get(party);
      return row ? [[reference, row] as const] : [];
    }),
  );
}
