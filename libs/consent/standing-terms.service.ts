import { Injectable } from '@nestjs/common';
import { assert, asId, type PartyId, type PersonId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { GateService, StatementJournal, StatementService } from '@aceso/identity';
import { sha256, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { ANSWERED } from './consent.service';
import {
  answeringSets,
  insertAnswerEvents,
  insertAnswers,
  replaceTerms,
  type AnswerRow,
} from './data/standing-terms-rows';
import {
  askedRequest,
  ConsentError,
  matchPurpose,
  priceVerdict,
  STANDING_TERMS,
  termsAnswerDigest,
  termsAnswerText,
  termsNoticeOf,
  termsSetHash,
  type DraftedRequest,
  type PriceVerdict,
  type RecordHead,
  type StandingTermsClaims,
} from './domain';
import { refuseDisagreement } from './guardians-agree';
import { InstalledDiseases } from './installed-diseases';

/** A request version as terms judge it. */
export interface TermsRequest {
  readonly requestId: string;
  readonly version: number;
  readonly contentHash: string;
  /** Canonical JSON of the content. */
  readonly contentText: string;
  /** Milliseconds. */
  readonly at: number;
}

/** A person whose terms approve a request, with the heads of its records at this moment. */
export interface TermsAnswering {
  readonly personId: PersonId;
  readonly partyId: PartyId;
  /** Digest of the terms, lower-case hexadecimal. */
  readonly termsDigest: string;
  readonly recordsUpTo: readonly RecordHead[];
  /** Seconds at which the answer ends. */
  readonly expiresAt: number;
}

/** Terms that answer by themselves: set by patients, judged in sets, answered in the transaction that asks. */
@Injectable()
export class StandingTermsService {
  constructor(
    private readonly statements: StatementService,
    private readonly gates: GateService,
    private readonly audit: AuditService,
    private readonly journal: StatementJournal,
    private readonly diseases: InstalledDiseases,
  ) {}

  /**
   * Records terms in the place of earlier ones. Answers that earlier terms gave no longer hold, so the gate is raised; where they
   * were delivered, buyers are asked to delete only if the terms say `withdraw`. Throws TERMS_NOTICE_MISMATCH,
   * TERMS_NOTHING_PERMITTED, GUARDIANS_DISAGREE or a refusal of the statement.
   */
  async record(tx: Tx, actor: Actor, text: string): Promise<{ terms: string; mode: StandingTermsClaims['mode'] }> {
    const accepted = await this.statements.accept(tx, text, { ...STANDING_TERMS, actor });
    const { claims, digest, partyId, acceptedAt } = accepted;
    const { mode, alternatives, splitRule, notice, withdraw = false } = claims;
    if (accepted.repeated) return { terms: digest, mode };
    assert(accepted.personId, 'terms are signed by patients, and a patient has a person');
    const personId = asId<'Person'>(accepted.personId);
    if (termsNoticeOf(notice.hash, sha256)?.language !== notice.language) {
      throw new ConsentError(
        'TERMS_NOTICE_MISMATCH',
        'the terms name no notice that is shown here, or another language',
      );
    }
    if (mode === 'answer-for-me' && alternatives.length === 0) {
      throw new ConsentError(
        'TERMS_NOTHING_PERMITTED',
        'terms that answer permit something; to take terms back, send mode ask-me',
      );
    }
    if (mode === 'answer-for-me') await refuseDisagreement(tx, accepted, 'terms');
    const set = { alternatives, splitRule };
    const replaced = await replaceTerms(tx, {
      personId,
      partyId,
      mode,
      set,
      setDigest: termsSetHash(set, sha256),
      statementDigest: digest,
      exp: claims.exp,
      recordedAt: acceptedAt,
      withdraw,
    });
    if (replaced) await this.gates.narrow(tx, [personId], 'terms');
    await this.journal.record(tx, accepted, {
      act: 'consent.terms-set',
      detail: { mode, ...(withdraw && { withdraw: 'answered' }) },
    });
    return { terms: digest, mode };
  }

  /**
   * The sets of terms that approve a request at this moment, with the second at which each stops approving it (null: as long as
   * the terms themselves). Each set is judged once, however many patients have it. Role worker.
   */
  async approvingSets(tx: Tx, request: TermsRequest): Promise<ReadonlyMap<string, number | null>> {
    assert(tx.role === 'worker', 'terms of all persons are read by the worker only');
    const asked = askedRequest(request.requestId, request.contentText);
    if (!asked) return new Map();
    const { tree } = this.diseases;
    const sets = await answeringSets(tx);
    return new Map(
      sets.flatMap(({ digest, terms }): [string, number | null][] => {
        const { verdict, until } = matchPurpose(asked, terms, { tree, at: request.at });
        return verdict === 'approve' ? [[digest, until]] : [];
      }),
    );
  }

  /**
   * What each set of terms that answers for somebody says to a draft over the price menu, by its digest: judged as `approvingSets` judges,
   * once a set. Whose the sets are is not read. Role api.
   */
  async priceVerdicts(tx: Tx, draft: DraftedRequest, at: number): Promise<ReadonlyMap<string, PriceVerdict>> {
    const { tree } = this.diseases;
    const sets = await answeringSets(tx);
    return new Map(sets.map(({ digest, terms }) => [digest, priceVerdict(draft, terms, { tree, at })]));
  }

  /**
   * Answers for these persons: rows beside grants, each with the access event and ledger entry that every answer has. Again, it
   * changes nothing. The persons that were answered now. Role worker.
   */
  async answer(tx: Tx, request: TermsRequest, answering: readonly TermsAnswering[]): Promise<ReadonlySet<PersonId>> {
    assert(tx.role === 'worker', 'terms answer where the worker asks');
    const rows = answering.map((each) => this.answerRow(request, each));
    const answered = await insertAnswers(tx, { ...request, at: new Date(request.at) }, rows);
    const recorded = rows.filter(({ personId }) => answered.has(personId));
    const events = await this.audit.recordMany(
      tx,
      recorded.map(({ personId, partyId, digest, termsDigest }) => ({
        act: ANSWERED,
        // Whose terms answer has answered: a row without an actor would tell who has such terms.
        actorId: partyId,
        subjectId: personId,
        outcome: 'permitted' as const,
        detail: {
          answer: 'granted',
          request: request.requestId,
          version: request.version,
          statement: termsDigest,
          termsAnswer: digest,
        },
      })),
    );
    await insertAnswerEvents(tx, recorded, events);
    return answered;
  }

  private answerRow(request: TermsRequest, answering: TermsAnswering): AnswerRow {
    const { personId, partyId, termsDigest, recordsUpTo, expiresAt } = answering;
    const { requestId, version, contentHash } = request;
    const answer = termsAnswerText({
      format: 'aceso/terms-answer/v1',
      terms: termsDigest,
      request: requestId,
      version,
      contentHash,
      recordsUpTo: [...recordsUpTo],
      diseaseTree: this.diseases.hash,
    });
    const digest = termsAnswerDigest(answer, sha256);
    return { digest, partyId, personId, termsDigest, answer, recordsUpTo: JSON.stringify(recordsUpTo), expiresAt };
  }
}
