import { Inject, Injectable } from '@nestjs/common';
import { asId, assert, hex, type RequestId } from '@aceso/kernel';
import { CohortService, SavedCohorts, type CohortVersion } from '@aceso/cohort';
import { requestedViews } from '@aceso/deidentification/own-views';
import { policyHash, policyNamed } from '@aceso/deidentification/domain';
import { CONFIG, Runtime, sha256, type Config, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { splitRuleHash } from '@aceso/settlement/domain';
import { buyerKindOf, databaseNow, lockRequest, ownCohortOf } from './data/request-rows';
import {
  checkAnswerDeadline,
  composeContent,
  contentHash,
  CURRENT_NOTICE,
  MarketplaceError,
  moveRequest,
  noticeHash,
  type RequestContent,
  type RequestInput,
} from './domain';
import { notFound } from './domain/marketplace.errors';
import { Journal } from './journal';
import { evidenceHash, VisaEvidence } from './visa-evidence';
import type { VerifiedVisa } from './visa-verifier';

/** A request as a research center writes it. */
export interface RequestDraft extends Omit<RequestInput, 'criteria'> {
  /** Criteria, or a version of a saved cohort that the center may read: one of the two. */
  readonly criteria?: unknown;
  readonly cohort?: CohortVersion | undefined;
  /** Milliseconds since 1970-01-01T00:00:00Z; silence until then is a no. */
  readonly answerDeadline: number;
  /** Texts of ViewDefinitions: tables of the center's own beside the shipped ones. */
  readonly views?: readonly string[];
  /** GA4GH visas for those who decide; no part of what patients agree to. */
  readonly visas?: readonly string[];
}

export interface SentVersion {
  readonly requestId: RequestId;
  readonly version: number;
  /** Lower-case hexadecimal. */
  readonly contentHash: string;
}

/** Takes requests of research centers, in versions that never change. Role api. */
@Injectable()
export class RequestService {
  constructor(
    private readonly cohorts: CohortService,
    private readonly saved: SavedCohorts,
    private readonly journal: Journal,
    private readonly runtime: Runtime,
    private readonly evidence: VisaEvidence,
    @Inject(CONFIG) private readonly config: Pick<Config, 'currency'>,
  ) {}

  /** Sends a new request to review. Throws REQUEST_INVALID, NOT_FOUND (the saved cohort), CRITERIA_INVALID, POLICY_UNKNOWN, VIEW_…, TABLE_NAME_TAKEN, ANSWER_DEADLINE_INVALID, VISA_…. */
  async submit(tx: Tx, actor: Actor, draft: RequestDraft): Promise<SentVersion> {
    await tx.actAs(actor.partyId);
    const { criteria, frozen } = await this.chosen(tx, actor, draft);
    const content = await this.compose(tx, actor, { ...draft, criteria });
    const requestId = asId<'Request'>(this.runtime.uuid());
    const cohort = frozen ?? (await this.cohorts.save(tx, { ownerId: actor.partyId, criteria: content.cohort }));
    await tx.execute(`insert into marketplace.request (id, buyer_id, state) values ($1, $2, 'submitted')`, [
      requestId,
      actor.partyId,
    ]);
    return this.send(tx, actor, { requestId, version: 1, cohort, content, draft });
  }

  /**
   * Replaces what was asked for by a new version: it is reviewed and asked anew, earlier answers count for nothing.
   * Throws NOT_FOUND, REQUEST_STATE_REFUSED (funded or cancelled) and what {@link submit} throws.
   */
  async amend(tx: Tx, actor: Actor, change: { requestId: RequestId; draft: RequestDraft }): Promise<SentVersion> {
    await tx.actAs(actor.partyId);
    const { requestId, draft } = change;
    const request = await lockRequest(tx, { requestId, buyerId: actor.partyId }, 'update');
    if (!request) throw notFound('request');
    moveRequest(request.state, 'submitted');
    const { criteria, frozen } = await this.chosen(tx, actor, draft);
    const content = await this.compose(tx, actor, { ...draft, criteria });
    // Criteria that were written for the request are versions of its own cohort, never of one that has a name.
    const cohortId = await ownCohortOf(tx, requestId);
    const own = { ownerId: actor.partyId, criteria: content.cohort, cohortId };
    const cohort = frozen ?? (await this.cohorts.save(tx, own));
    const version = request.currentVersion + 1;
    await tx.execute(
      `update marketplace.request set state = 'submitted', current_version = $2, changed_at = clock_timestamp()
        where id = $1`,
      [requestId, version],
    );
    return this.send(tx, actor, { requestId, version, cohort, content, draft });
  }

  /** The criteria of a draft, and the version that the request names where it is of a saved cohort of the center's own. */
  private async chosen(
    tx: Tx,
    actor: Actor,
    { criteria, cohort }: RequestDraft,
  ): Promise<{ readonly criteria: unknown; readonly frozen?: CohortVersion }> {
    if ((criteria === undefined) === (cohort === undefined)) {
      throw new MarketplaceError('REQUEST_INVALID', 'request: give either criteria or a version of a saved cohort');
    }
    if (cohort === undefined) return { criteria };
    const saved = await this.saved.read(tx, actor, cohort);
    const { cohortId, version } = saved;
    return { criteria: saved.criteria, ...(saved.ownerId === actor.partyId && { frozen: { cohortId, version } }) };
  }

  private async compose(tx: Tx, actor: Actor, draft: RequestDraft & RequestInput): Promise<RequestContent> {
    const buyerKind = await buyerKindOf(tx, actor.partyId);
    const policy = policyNamed(draft.policy);
    const views = await requestedViews(draft.views ?? [], { policy, fields: draft.fields });
    return composeContent(draft, {
      views: views.map(({ document }) => document),
      recipientDid: actor.did,
      buyerKind,
      policy: {
        name: policy.name,
        hash: policyHash(policy, sha256),
        resourceTypes: ['Patient', ...Object.keys(policy.resources)],
      },
      currency: this.config.currency,
      splitRule: splitRuleHash(sha256),
      notice: { hash: noticeHash(CURRENT_NOTICE, sha256), language: CURRENT_NOTICE.language },
      sha256,
    });
  }

  private async send(
    tx: Tx,
    actor: Actor,
    sent: {
      readonly requestId: RequestId;
      readonly version: number;
      readonly cohort: CohortVersion;
      readonly content: RequestContent;
      readonly draft: RequestDraft;
    },
  ): Promise<SentVersion> {
    const { requestId, version, cohort, content } = sent;
    const visas = await this.evidence.verify(sent.draft.visas ?? []);
    const answerDeadline = checkAnswerDeadline(sent.draft.answerDeadline, await databaseNow(tx));
    const hash = contentHash(content, sha256);
    const inserted = await tx.execute(
      `insert into marketplace.request_version
         (request_id, version, cohort_id, cohort_version, content, content_hash, answer_deadline)
       values ($1, $2, $3, $4, $5, $6, to_timestamp($7::double precision / 1000))`,
      [requestId, version, cohort.cohortId, cohort.version, JSON.stringify(content), hex.decode(hash), answerDeadline],
    );
    assert(inserted === 1, 'a version is stored');
    await this.evidence.save(tx, { requestId, version }, visas);
    await this.journal.write(tx, {
      act: version === 1 ? 'request.submitted' : 'request.amended',
      actorId: actor.partyId,
      objectType: 'request',
      objectId: requestId,
      detail: { version, contentHash: hash, ...evidenceOf(visas) },
    });
    return { requestId, version, contentHash: hash };
  }
}

/** What the ledger says of them; nothing where there are none. */
function evidenceOf(visas: readonly VerifiedVisa[]): { readonly evidence?: string } {
  return visas.length === 0 ? {} : { evidence: evidenceHash(visas) };
}
