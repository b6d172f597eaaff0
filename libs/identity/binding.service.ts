import { Injectable } from '@nestjs/common';
import { assert, asId, hex, type PartyId, type PersonId, type SourceRecordId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { Database, Outbox, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { ATTESTATION, BINDING, checkStatement, codeMatches, IdentityError } from './domain';
import { countWrongCode, findAttestation, insertBinding, lockAttestation } from './data/binding-rows';
import { selectKeys } from './data/key-rows';
import { SourceRecordDirectory } from './source-record-directory';
import { StatementJournal } from './statement-journal';
import { StatementService } from './statement.service';

/** Wrong codes that an attestation survives; after that the provider hands out a new one. */
export const CODE_ATTEMPTS_MAX = 5;

/** A source record that a patient's key is joined to. */
export interface BoundSourceRecord {
  readonly personId: PersonId;
  readonly sourceRecordId: SourceRecordId;
  readonly providerId: PartyId;
  /** Digest of the binding statement, lower-case hexadecimal. */
  readonly bindingDigest: string;
}

/** Joins patients' keys to source records: the provider attests, the patient binds with the code it was handed. */
@Injectable()
export class BindingService {
  constructor(
    private readonly database: Database,
    private readonly statements: StatementService,
    private readonly directory: SourceRecordDirectory,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly journal: StatementJournal,
  ) {}

  /**
   * Records a provider's attestation for a source record that it holds; its digest is what the patient's binding names.
   * Throws SOURCE_RECORD_UNKNOWN or a refusal of the statement.
   */
  async attest(tx: Tx, actor: Actor, text: string): Promise<{ attestation: string }> {
    const accepted = await this.statements.accept(tx, text, { ...ATTESTATION, actor });
    const { claims, digest, partyId, acceptedAt } = accepted;
    if (accepted.repeated) return { attestation: digest };
    const sourceRecordId = asId<'SourceRecord'>(claims.sourceRecord);
    if ((await this.directory.providerOf(tx, sourceRecordId)) !== partyId) {
      throw new IdentityError('SOURCE_RECORD_UNKNOWN', 'this provider holds no such source record of a patient');
    }
    await tx.execute(
      `with attested as (
         insert into identity.attestation
           (statement_digest, provider_id, source_record_id, code_hash, evidence, expires_at, attested_at)
         values ($1, $2, $3, $4, $5, to_timestamp($6), $7) returning statement_digest
       )
       insert into identity.code_attempt (attestation_digest) select statement_digest from attested`,
      [
        hex.decode(digest),
        partyId,
        sourceRecordId,
        hex.decode(claims.codeHash),
        claims.evidence,
        claims.exp,
        acceptedAt,
      ],
    );
    await this.audit.record(tx, {
      act: 'source-record.attested',
      actorId: partyId,
      subjectId: sourceRecordId,
      outcome: 'permitted',
      detail: { statement: digest, evidence: claims.evidence },
    });
    return { attestation: digest };
  }

  /**
   * Joins the patient to the source record that the attestation names. Opens its own transactions, since a wrong code
   * is counted although nothing else happens. The same statement again changes nothing. Throws CODE_WRONG,
   * CODE_ATTEMPTS_EXCEEDED, CODE_EXPIRED, CODE_USED, ATTESTATION_UNKNOWN, SOURCE_RECORD_MISMATCH,
   * SOURCE_RECORD_ALREADY_BOUND or a refusal of the statement.
   */
  async bind(actor: Actor, text: string, code: string): Promise<{ sourceRecordId: SourceRecordId }> {
    await this.checkCode(actor, text, code);
    return this.database.transaction('api', async (tx) => {
      const accepted = await this.statements.accept(tx, text, { ...BINDING, actor });
      const sourceRecordId = asId<'SourceRecord'>(accepted.claims.sourceRecord);
      const { personId, digest, acceptedAt, repeated } = accepted;
      if (repeated) return { sourceRecordId };
      assert(personId, 'a patient has a person');
      const attestation = await lockAttestation(tx, accepted.claims.attestation);
      assert(attestation, 'checkCode found it');
      if (attestation.sourceRecordId !== sourceRecordId) {
        throw new IdentityError('SOURCE_RECORD_MISMATCH', 'the attestation is for another source record');
      }
      if (attestation.used) throw new IdentityError('CODE_USED', 'the code was used');
      if (attestation.expiresAt <= acceptedAt) throw new IdentityError('CODE_EXPIRED', 'the code has expired');
      if (!(await insertBinding(tx, { digest, personId, attestation, boundAt: acceptedAt }))) {
        throw new IdentityError('SOURCE_RECORD_ALREADY_BOUND', 'the source record is bound to a key');
      }
      await this.journal.record(tx, accepted, {
        act: 'source-record.bound',
        detail: { attestation: attestation.digest, evidence: attestation.evidence },
      });
      await this.outbox.publish(tx, { topic: 'register.index', payload: { personId } });
      return { sourceRecordId };
    });
  }

  /** Looks at the code before anything else, in a transaction that commits its verdict: guesses are counted. */
  private async checkCode(actor: Actor, text: string, code: string): Promise<void> {
    const { claims, statement } = checkStatement(text, BINDING, this.statements.context);
    const refusal = await this.database.transaction('api', async (tx) => {
      const ownKeys = await selectKeys(tx, actor.partyId);
      if (!ownKeys.some(({ did }) => did === statement.kid)) {
        return new IdentityError(
          'SIGNER_NOT_ACTOR',
          'the statement was signed by another party than the one logged in',
        );
      }
      const attestation = await findAttestation(tx, claims.attestation);
      if (!attestation) return new IdentityError('ATTESTATION_UNKNOWN', 'there is no such attestation');
      const exceeded = new IdentityError(
        'CODE_ATTEMPTS_EXCEEDED',
        'too many wrong codes: ask the provider for another',
      );
      if (attestation.wrong >= CODE_ATTEMPTS_MAX) return exceeded;
      if (codeMatches(code, attestation.codeHash, this.statements.context.sha256)) return null;
      if (!(await countWrongCode(tx, claims.attestation, CODE_ATTEMPTS_MAX))) return exceeded;
      await this.audit.record(tx, {
        act: 'source-record.bound',
        actorId: actor.partyId,
        subjectId: attestation.sourceRecordId,
        outcome: 'refused',
        reason: 'CODE_WRONG',
      });
      return new IdentityError('CODE_WRONG', 'this is not the code that was attested');
    });
    if (refusal) throw refusal;
  }

  /** Those of the source records whose provider's licence is suspended or revoked: nothing of them leaves. */
  async heldByStopped(tx: Tx, sourceRecordIds: readonly SourceRecordId[]): Promise<ReadonlySet<SourceRecordId>> {
    const stopped = await tx.query<{ id: PartyId }>(
      `select id from identity.party where role = 'provider' and id in (select identity.stopped_parties(clock_timestamp()))`,
    );
    if (stopped.length === 0) return new Set();
    const rows = await tx.query<{ id: SourceRecordId }>(
      `select source_record_id as id from identity.binding
        where source_record_id = any ($1::uuid[]) and ended_at is null and provider_id = any ($2::uuid[])`,
      [sourceRecordIds, stopped.map(({ id }) => id)],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** The source records that are joined to the keys of these persons now. */
  async boundSourceRecords(tx: Tx, personIds: readonly PersonId[]): Promise<BoundSourceRecord[]> {
    const rows = await tx.query<Omit<BoundSourceRecord, 'bindingDigest'> & { digest: Buffer }>(
      `select person_id as "personId", source_record_id as "sourceRecordId", provider_id as "providerId",
              statement_digest as digest
         from identity.binding where person_id = any ($1::uuid[]) and ended_at is null
        order by person_id, source_record_id`,
      [personIds],
    );
    return rows.map(({ digest, ...row }) => ({ ...row, bindingDigest: hex.encode(digest) }));
  }
}
