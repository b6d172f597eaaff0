import { hex, type KeyKind, type PartyId, type PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { KeyLife, RecoveryVoucher } from '../domain';

/** A recovery as rows hold it. */
export interface RecoveryRow {
  /** Lower-case hexadecimal. */
  readonly digest: string;
  readonly did: string;
  readonly attestation: string;
  readonly revokeOthers: boolean;
  readonly waitsUntil: Date;
  readonly expiresAt: Date;
  readonly outcome: 'finished' | 'vetoed' | null;
}

/** An attestation for a new key, with the party that its record is bound to now. */
export type VoucherRow = RecoveryVoucher & { readonly partyId: PartyId | null; readonly personId: PersonId | null };

/** A recovery on its way into identity.recovery. */
export interface RecoveryToInsert {
  readonly digest: string;
  readonly partyId: PartyId;
  readonly did: string;
  readonly kind: KeyKind;
  readonly signatureCounter: number;
  readonly text: string;
  readonly revokeOthers: boolean;
  readonly attestation: string;
  readonly requestedAt: Date;
  readonly waitsUntil: Date;
  readonly expiresAt: Date;
}

const RECOVERY_COLUMNS = `
  encode(statement_digest, 'hex') as digest, did, encode(attestation_digest, 'hex') as attestation,
  revoke_others as "revokeOthers", waits_until as "waitsUntil", expires_at as "expiresAt", outcome`;

/** All attestations that name a new key, whoever signed them. */
export async function selectVouchers(tx: Tx, did: string): Promise<VoucherRow[]> {
  const rows = await tx.query<Omit<VoucherRow, 'attestedAt' | 'attesterKeys'> & { attestedAt: Date; keys: KeyLife[] }>(
    `select text, attested_at as "attestedAt", attester_id as "attesterId", attester_role as "attesterRole",
            attester_active as "attesterActive", keys, group_ids::text[] as "groupIds", holder_id as "holderId",
            person_id as "personId", party_id as "partyId"
       from identity.recovery_vouchers($1)`,
    [did],
  );
  return rows.map(({ keys, attestedAt, ...row }) => ({
    ...row,
    attestedAt: attestedAt.getTime(),
    attesterKeys: keys,
  }));
}

/** The recoveries of the acting party, the oldest first. */
export async function selectRecoveries(tx: Tx, partyId: PartyId): Promise<RecoveryRow[]> {
  return tx.query<RecoveryRow>(
    `select ${RECOVERY_COLUMNS} from identity.recovery where party_id = $1 order by requested_at, statement_digest`,
    [partyId],
  );
}

/** Inserts a recovery; false when it, or another one for its key, is there. */
export async function insertRecovery(tx: Tx, recovery: RecoveryToInsert): Promise<boolean> {
  const inserted = await tx.execute(
    `insert into identity.recovery (statement_digest, party_id, did, kind, sign_count, text, revoke_others,
                                    attestation_digest, requested_at, waits_until, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing`,
    [
      hex.decode(recovery.digest),
      recovery.partyId,
      recovery.did,
      recovery.kind,
      recovery.signatureCounter,
      recovery.text,
      recovery.revokeOthers,
      hex.decode(recovery.attestation),
      recovery.requestedAt,
      recovery.waitsUntil,
      recovery.expiresAt,
    ],
  );
  return inserted === 1;
}

/** Whether the acting patient has money, or a grant that may bring some. */
export async function actingPersonEarns(tx: Tx): Promise<boolean> {
  const [row] = await tx.query<{ earns: boolean }>('select identity.acting_person_earns() as earns');
  return row?.earns === true;
}

/** Ends a recovery of the acting patient by a veto; otherwise why not: `unknown`, or how it had ended. */
export async function vetoRecovery(tx: Tx, recovery: string, veto: string): Promise<string | null> {
  const [row] = await tx.query<{ why: string | null }>('select identity.veto_recovery($1, $2) as why', [
    hex.decode(recovery),
    hex.decode(veto),
  ]);
  return row?.why ?? null;
}

/** Gives the acting patient the recovered key; otherwise why not: `unknown`, `taken`, or how it had ended. */
export async function finishRecovery(tx: Tx, recovery: string, at: Date): Promise<string | null> {
  const [row] = await tx.query<{ why: string | null }>('select identity.finish_recovery($1, $2) as why', [
    hex.decode(recovery),
    at,
  ]);
  return row?.why ?? null;
}
