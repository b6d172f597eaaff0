import { hex, type PartyId, type PersonId, type SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { EvidenceLevel } from '../domain';

/** An attestation as rows hold it. */
export interface AttestationRow {
  /** Lower-case hexadecimal. */
  readonly digest: string;
  readonly providerId: PartyId;
  readonly sourceRecordId: SourceRecordId;
  readonly codeHash: string;
  readonly evidence: EvidenceLevel;
  readonly expiresAt: Date;
  /** Wrong codes so far. */
  readonly wrong: number;
  /** True once a binding rests on it. */
  readonly used: boolean;
}

const ATTESTATION_COLUMNS = `
  encode(attestation.statement_digest, 'hex') as digest, attestation.provider_id as "providerId",
  attestation.source_record_id as "sourceRecordId", encode(attestation.code_hash, 'hex') as "codeHash",
  attestation.evidence, attestation.expires_at as "expiresAt", attempt.wrong,
  exists (select from identity.binding where attestation_digest = attestation.statement_digest) as used`;

/** The attestation with this digest. */
export async function findAttestation(tx: Tx, digest: string): Promise<AttestationRow | null> {
  const [row] = await tx.query<AttestationRow>(
    `select ${ATTESTATION_COLUMNS}
       from identity.attestation
       join identity.code_attempt attempt on attempt.attestation_digest = attestation.statement_digest
      where attestation.statement_digest = $1`,
    [hex.decode(digest)],
  );
  return row ?? null;
}

/** The attestation with this digest, locked: of two that use its code at once the second sees the first. */
export async function lockAttestation(tx: Tx, digest: string): Promise<AttestationRow | null> {
  await tx.query('select from identity.code_attempt where attestation_digest = $1 for update', [hex.decode(digest)]);
  return findAttestation(tx, digest);
}

/** Counts a wrong code; false when the limit had been reached. */
export async function countWrongCode(tx: Tx, digest: string, limit: number): Promise<boolean> {
  const counted = await tx.execute(
    'update identity.code_attempt set wrong = wrong + 1 where attestation_digest = $1 and wrong < $2',
    [hex.decode(digest), limit],
  );
  return counted === 1;
}

/** Inserts a binding; false when the source record has an active one. */
export async function insertBinding(
  tx: Tx,
  binding: { digest: string; personId: PersonId; attestation: AttestationRow; boundAt: Date },
): Promise<boolean> {
  const { digest, personId, attestation, boundAt } = binding;
  const inserted = await tx.execute(
    `insert into identity.binding
       (statement_digest, source_record_id, person_id, provider_id, attestation_digest, evidence, bound_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (source_record_id) where ended_at is null do nothing`,
    [
      hex.decode(digest),
      attestation.sourceRecordId,
      personId,
      attestation.providerId,
      hex.decode(attestation.digest),
      attestation.evidence,
      boundAt,
    ],
  );
  return inserted === 1;
}
