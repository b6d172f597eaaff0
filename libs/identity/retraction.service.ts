import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { asId, hex, type PersonId, type SourceRecordId } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import { Outbox, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { IdentityError, RETRACTION } from './domain';
import { GateService } from './gate.service';
import { SourceRecordDirectory } from './source-record-directory';
import { StatementService } from './statement.service';

/** A provider takes a source record back that was joined to the wrong patient. */
@Injectable()
export class RetractionService {
  constructor(
    private readonly statements: StatementService,
    private readonly directory: SourceRecordDirectory,
    private readonly gates: GateService,
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Ends the binding of the record, whoever it is bound to, and every code that was handed out for it: from the commit on it is
   * in nobody's timeline, count, facts or running order, and buyers who have it are told to delete the person's rows. The
   * provider does not learn whether it was bound. Throws SOURCE_RECORD_UNKNOWN or a refusal of the statement.
   */
  async retract(tx: Tx, provider: Actor, text: string): Promise<{ sourceRecordId: SourceRecordId }> {
    const accepted = await this.statements.accept(tx, text, { ...RETRACTION, actor: provider });
    const { claims, digest, partyId, repeated } = accepted;
    const sourceRecordId = asId<'SourceRecord'>(claims.sourceRecord);
    if (repeated) return { sourceRecordId };
    if ((await this.directory.providerOf(tx, sourceRecordId)) !== partyId) {
      throw new IdentityError('SOURCE_RECORD_UNKNOWN', 'the provider holds no such source record');
    }
    const personId = await boundPerson(tx, sourceRecordId);
    if (personId) await this.gates.narrow(tx, [personId], 'retraction');
    await tx.query('select identity.retract($1, $2)', [hex.decode(digest), personId]);
    const payload = { statement: digest, sourceRecord: sourceRecordId };
    await this.ledger.append(tx, { kind: 'administration', code: 'record.retracted', payload, subjectId: partyId });
    if (personId) {
      // The patient sees who took the record back, and when.
      await this.audit.record(tx, {
        act: 'record.retracted',
        actorId: partyId,
        subjectId: personId,
        outcome: 'permitted',
        detail: payload,
      });
      await this.outbox.publish(tx, { topic: 'register.index', payload: { personId } });
    }
    return { sourceRecordId };
  }
}

async function boundPerson(tx: Tx, sourceRecordId: SourceRecordId): Promise<PersonId | null> {
  const [row] = await tx.query<{ personId: PersonId }>(
    'select person_id as "personId" from identity.binding where source_record_id = $1 and ended_at is null',
    [sourceRecordId],
  );
  return row?.personId ?? null;
}
