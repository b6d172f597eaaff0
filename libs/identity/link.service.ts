import { Injectable } from '@nestjs/common';
import { assert, asId, hex, type SourceRecordId } from '@aceso/kernel';
import { Outbox, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { BindingService } from './binding.service';
import { IdentityError, LINK, UNLINK } from './domain';
import { GateService } from './gate.service';
import { SourceRecordDirectory } from './source-record-directory';
import { StatementJournal } from './statement-journal';
import { StatementService } from './statement.service';

/** Records that a patient confirms what the register proposes, two source records of one person, or takes that back. */
@Injectable()
export class LinkService {
  constructor(
    private readonly statements: StatementService,
    private readonly bindings: BindingService,
    private readonly directory: SourceRecordDirectory,
    private readonly journal: StatementJournal,
    private readonly outbox: Outbox,
    private readonly gates: GateService,
  ) {}

  /**
   * Confirms a proposed link between two source records that are both bound to the patient. It binds nothing, and no
   * open grant extends to it. Throws LINK_NOT_PROPOSED, whichever of this is missing, or a refusal of the statement.
   */
  async confirm(tx: Tx, actor: Actor, text: string): Promise<{ sourceRecordIds: readonly SourceRecordId[] }> {
    const accepted = await this.statements.accept(tx, text, { ...LINK, actor });
    const { personId, digest, acceptedAt } = accepted;
    const [first, second] = accepted.claims.sourceRecords.map((id) => asId<'SourceRecord'>(id));
    assert(first && second && personId, 'a link names two records, and its signer is a patient');
    if (accepted.repeated) return { sourceRecordIds: [first, second] };
    const bound = await this.bindings.boundSourceRecords(tx, [personId]);
    const own = new Set(bound.map(({ sourceRecordId }) => sourceRecordId));
    if (!own.has(first) || !own.has(second) || !(await this.directory.isLinkProposed(tx, first, second))) {
      throw new IdentityError('LINK_NOT_PROPOSED', 'no such link is proposed to this patient');
    }
    await tx.execute(
      `insert into identity.link_confirmation
         (statement_digest, person_id, first_source_record_id, second_source_record_id, confirmed_at)
       select $1, $2, $3, $4, $5
        where not exists (
          select from identity.standing_link
           where person_id = $2 and first_source_record_id = $3 and second_source_record_id = $4)`,
      [hex.decode(digest), personId, first, second, acceptedAt],
    );
    await this.journal.record(tx, accepted, { act: 'source-records.linked' });
    await this.outbox.publish(tx, { topic: 'register.index', payload: { personId } });
    return { sourceRecordIds: [first, second] };
  }

  /**
   * Ends a confirmed link: one of its records leaves the patient, as if it had never been bound. Links that the register is sure of
   * stay what they are, since nobody counts twice by saying so. Throws LINK_NOT_CONFIRMED or a refusal of the statement.
   */
  async unlink(tx: Tx, actor: Actor, text: string): Promise<{ left: SourceRecordId }> {
    const accepted = await this.statements.accept(tx, text, { ...UNLINK, actor });
    const { personId, digest, claims, repeated } = accepted;
    assert(personId, 'the signer of an unlink is a patient');
    const left = asId<'SourceRecord'>(claims.leaves);
    if (repeated) return { left };
    const standing = await tx.query(
      `select from identity.standing_link
        where person_id = $1 and first_source_record_id = $2 and second_source_record_id = $3`,
      [personId, ...claims.sourceRecords],
    );
    if (standing.length === 0) {
      throw new IdentityError('LINK_NOT_CONFIRMED', 'the patient has confirmed no such link: see proposedLinks');
    }
    await this.gates.narrow(tx, [personId], 'unlink');
    await this.journal.record(tx, accepted, { act: 'source-records.unlinked' });
    await tx.query('select identity.unlink($1)', [hex.decode(digest)]);
    await this.outbox.publish(tx, { topic: 'register.index', payload: { personId } });
    return { left };
  }
}
