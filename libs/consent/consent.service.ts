import { Injectable } from '@nestjs/common';
import { assert, asId, hex, type PersonId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import {
  BindingService,
  GateService,
  StatementJournal,
  StatementService,
  type Accepted,
  type Acting,
} from '@aceso/identity';
import type { CommonClaims } from '@aceso/identity/domain';
import { Runtime, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { refuseDisagreement } from './guardians-agree';
import {
  selectEvidence,
  selectOwnEntries,
  selectValidGrants,
  type GrantQuery,
  type GrantRow,
  type OwnEntries,
} from './data/grant-rows';
import {
  checkGrantTarget,
  ConsentError,
  decideGrant,
  decideTerms,
  DISCOVERY_TERMS,
  GRANT,
  REVOCATION,
  type DiscoveryTermsClaims,
  type GrantClaims,
  type TermsDecision,
  type TermsEvidence,
  type GrantEvidence,
  type GrantTarget,
} from './domain';
import { InstalledDiseases } from './installed-diseases';

/**
 * One act for yes and no, and for terms that answer: nobody but the patient sees that someone declined (a known refusal would put
 * pressure on people), or who has such terms; the answer is sealed.
 */
export const ANSWERED = 'consent.answered';

/** What patients permit: recorded as they signed it, and decided in one place. */
@Injectable()
export class ConsentService {
  constructor(
    private readonly statements: StatementService,
    private readonly bindings: BindingService,
    private readonly gates: GateService,
    private readonly audit: AuditService,
    private readonly runtime: Runtime,
    private readonly journal: StatementJournal,
    // Seven: terms are matched by the tree that is installed.
    private readonly diseases: InstalledDiseases,
  ) {}

  /** Records whether the patient may be found and asked. `deny` raises the gate. Throws refusals of the statement. */
  async recordDiscoveryTerms(
    tx: Tx,
    actor: Actor,
    text: string,
  ): Promise<{ discovery: DiscoveryTermsClaims['discovery'] }> {
    const accepted = await this.statements.accept(tx, text, {
      ...DISCOVERY_TERMS,
      actor,
      narrows: ({ discovery: said }) => said === 'deny',
    });
    const { claims, digest, acceptedAt } = accepted;
    const { discovery } = claims;
    if (accepted.repeated) return { discovery };
    const personId = personOf(accepted);
    if (discovery === 'permit') await refuseDisagreement(tx, accepted, 'discovery');
    await tx.execute(
      `insert into consent.discovery_terms (person_id, discovery, expires_at, statement_digest, recorded_at)
       values ($1, $2, to_timestamp($3), $4, $5)
       on conflict (person_id) do update set discovery = excluded.discovery, expires_at = excluded.expires_at,
         statement_digest = excluded.statement_digest, recorded_at = excluded.recorded_at`,
      [personId, discovery, claims.exp, hex.decode(digest), acceptedAt],
    );
    if (discovery === 'deny') await this.gates.narrow(tx, [personId], 'terms');
    await this.journal.record(tx, accepted, { act: 'consent.terms-set', detail: { discovery } });
    return { discovery };
  }

  /**
   * Records a grant that agrees to exactly what was asked. Throws a GrantMismatch, ANSWER_DEADLINE_PASSED,
   * SOURCE_RECORD_NOT_BOUND, ALREADY_GRANTED or a refusal of the statement.
   */
  async recordGrant(
    tx: Tx,
    actor: Actor,
    answer: { readonly text: string; readonly target: GrantTarget },
  ): Promise<{ grant: string; personId: PersonId; repeated: boolean }> {
    const accepted = await this.statements.accept(tx, answer.text, { ...GRANT, actor });
    const { claims, digest, repeated } = accepted;
    const personId = personOf(accepted);
    if (repeated) return { grant: digest, personId, repeated };
    checkGrantTarget(claims, answer.target, accepted.acceptedAt.getTime());
    await this.refuseUnbound(tx, personId, claims);
    await refuseDisagreement(tx, accepted, answer.target);
    const byGuardian = accepted.signerId !== accepted.partyId;
    if (await this.hasStandingGrant(tx, { personId, byGuardian }, answer.target)) {
      throw new ConsentError('ALREADY_GRANTED', 'this request version has been granted');
    }
    await insertGrant(tx, accepted);
    const { requestId, version } = answer.target;
    await this.journal.record(tx, accepted, {
      act: ANSWERED,
      detail: { answer: 'granted', request: requestId, version },
    });
    return { grant: digest, personId, repeated };
  }

  /**
   * Revokes a grant of the patient's own. It takes effect at the commit of this transaction: the gate is raised, so a
   * release either committed before or sees it. Throws GRANT_UNKNOWN, GRANT_ALREADY_REVOKED or a refusal of the statement.
   */
  async recordRevocation(tx: Tx, actor: Actor, text: string): Promise<{ grant: string }> {
    const accepted = await this.statements.accept(tx, text, { ...REVOCATION, actor, narrows: () => true });
    const { claims, digest, partyId, acceptedAt } = accepted;
    const { grant } = claims;
    if (accepted.repeated) return { grant };
    const personId = personOf(accepted);
    const [owned] = await tx.query<{ requestId: string; version: number }>(
      'select request_id as "requestId", version from consent.grant where digest = $1 and person_id = $2',
      [hex.decode(grant), personId],
    );
    if (!owned) throw new ConsentError('GRANT_UNKNOWN', 'the patient has no such grant');
    const revoked = await tx.execute(
      `insert into consent.revocation (grant_digest, party_id, statement_digest, recorded_at) values ($1, $2, $3, $4)
       on conflict (grant_digest) do nothing`,
      [hex.decode(grant), partyId, hex.decode(digest), acceptedAt],
    );
    if (revoked === 0) throw new ConsentError('GRANT_ALREADY_REVOKED', 'the grant was revoked before');
    await this.gates.narrow(tx, [personId], 'revocation');
    await this.journal.record(tx, accepted, { act: 'consent.revoked', detail: { grant, request: owned.requestId } });
    return { grant };
  }

  /**
   * Records that the patient declines a request version; nothing is signed, since no is also what silence means. Again,
   * it changes nothing. A guardian declines for its ward by the appointment that it acts by. Throws GRANT_STANDS (a grant is revoked, not declined) or ANSWER_DEADLINE_PASSED.
   */
  async recordRefusal(
    tx: Tx,
    { partyId, personId, actorId, appointment }: Acting,
    request: Pick<GrantTarget, 'requestId' | 'version' | 'answerDeadline'>,
  ): Promise<void> {
    const at = this.runtime.now();
    if (at > request.answerDeadline) throw new ConsentError('ANSWER_DEADLINE_PASSED', 'the time for an answer is over');
    await tx.actAs(partyId);
    await this.statements.lock(tx, partyId);
    if (await this.hasStandingGrant(tx, { personId, byGuardian: appointment !== null }, request)) {
      throw new ConsentError('GRANT_STANDS', 'the request was granted: revoke the grant instead');
    }
    const inserted = await tx.execute(
      `insert into consent.refusal (person_id, request_id, version, party_id, recorded_at, appointment_digest)
       values ($1, $2, $3, $4, $5, $6) on conflict (person_id, request_id, version, appointment_digest) do nothing`,
      [personId, request.requestId, request.version, partyId, new Date(at), appointment && hex.decode(appointment)],
    );
    if (inserted === 0) return;
    await this.audit.record(tx, {
      act: ANSWERED,
      actorId,
      subjectId: personId,
      outcome: 'permitted',
      ...(appointment && { basis: 'guardian' }),
      detail: { answer: 'declined', request: request.requestId, version: request.version },
    });
  }

  /**
   * The grants that are valid for a request version, in one query, with the bytes that {@link decide} verifies and the
   * version of each gate. For the worker: other roles see no grants but their own.
   */
  async validGrants(tx: Tx, query: GrantQuery): Promise<GrantRow[]> {
    assert(tx.role === 'worker', 'grants of all persons are read by the worker only');
    return selectValidGrants(tx, query);
  }

  /** The evidence of grants as it is now, also of revoked ones: what a gate looks at when a record is opened. */
  async evidenceOf(tx: Tx, grantDigests: readonly string[]): Promise<GrantRow[]> {
    assert(tx.role === 'worker', 'grants of all persons are read by the worker only');
    return selectEvidence(tx, grantDigests);
  }

  /** The evidence of one consent of the acting patient's own, and its entries in the ledger; null when there is none. */
  async ownEvidence(
    tx: Tx,
    { partyId }: Pick<Actor, 'partyId'>,
    grantDigest: string,
  ): Promise<({ readonly row: GrantRow } & OwnEntries) | null> {
    await tx.actAs(partyId);
    const [row] = await selectEvidence(tx, [grantDigest]);
    const found = row && (await selectOwnEntries(tx, { partyId, grantDigest }));
    return row && found ? { row, ...found } : null;
  }

  /** Decides on evidence with this instance's origin and cryptography; see {@link decideGrant} and {@link decideTerms}. */
  decide(
    evidence: GrantEvidence | TermsEvidence,
    query: Pick<GrantQuery, 'requestId' | 'version' | 'contentHash' | 'contentText' | 'at'>,
  ): TermsDecision {
    const context = { ...this.statements.context, request: query, at: query.at, ages: this.statements.ages() };
    if ('grantText' in evidence) return decideGrant(evidence, context);
    return decideTerms(evidence, { ...context, contentText: query.contentText ?? '', tree: this.diseases.tree });
  }

  private async refuseUnbound(tx: Tx, personId: PersonId, claims: GrantClaims): Promise<void> {
    const bound = await this.bindings.boundSourceRecords(tx, [personId]);
    const boundIds = new Set<string>(bound.map(({ sourceRecordId }) => sourceRecordId));
    if (claims.recordsUpTo.every(({ sourceRecord }) => boundIds.has(sourceRecord))) return;
    throw new ConsentError(
      'SOURCE_RECORD_NOT_BOUND',
      'the grant names a source record that is not bound to the patient',
    );
  }

  /**
   * The transaction acts as the patient, whose chain is locked: no second answer of the same patient interferes. What a parent granted is
   * in nobody's way who answers for itself: its own word counts once it is of age, and the parent's no more.
   */
  private async hasStandingGrant(
    tx: Tx,
    { personId, byGuardian }: { readonly personId: PersonId; readonly byGuardian: boolean },
    request: Pick<GrantTarget, 'requestId' | 'version'>,
  ): Promise<boolean> {
    const standing = await tx.query(
      `select from consent.standing_grant
        where person_id = $1 and request_id = $2 and version = $3 and expires_at > $4
          and ($5 or care is distinct from 'parent')`,
      [personId, request.requestId, request.version, new Date(this.runtime.now()), byGuardian],
    );
    return standing.length > 0;
  }
}

function personOf({ personId }: Accepted<CommonClaims>): PersonId {
  assert(personId, 'statements of consent are signed by patients, and a patient has a person');
  return asId<'Person'>(personId);
}

async function insertGrant(tx: Tx, accepted: Accepted<GrantClaims>): Promise<void> {
  const { claims, digest, partyId, acceptedAt } = accepted;
  await tx.execute(
    `insert into consent.grant (digest, party_id, person_id, request_id, version, content_hash, records_up_to,
                                expires_at, recorded_at)
     values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8), $9)`,
    [
      hex.decode(digest),
      partyId,
      personOf(accepted),
      claims.request,
      claims.version,
      hex.decode(claims.contentHash),
      JSON.stringify(claims.recordsUpTo),
      claims.exp,
      acceptedAt,
    ],
  );
}
