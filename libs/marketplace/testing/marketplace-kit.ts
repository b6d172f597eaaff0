import { CohortService, SavedCohorts } from '@aceso/cohort';
import { insertIndexRows, openPartitions } from '@aceso/cohort/testing';
import { ConsentKit, signGrant } from '@aceso/consent/testing';
import { openIdentityKit, type Member } from '@aceso/identity/testing';
import { hex, type Money, type OrderId, type SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { SourceRecordService } from '@aceso/register';
import { SettlementService } from '@aceso/settlement';
import { AnswerService, type OpenRequest } from '../answer.service';
import { AskService } from '../ask.service';
import type { RequestInput } from '../domain';
import { FeasibilityService } from '../feasibility.service';
import { FundingService } from '../funding.service';
import { Journal } from '../journal';
import { OrderService } from '../order.service';
import { RequestCatalogue } from '../request-catalogue';
import { RequestService, type SentVersion } from '../request.service';
import { ReviewService } from '../review.service';
import { TermsAnswers } from '../terms-answers';
import { VisaEvidence } from '../visa-evidence';
import { requestInput } from './request-input';

const DAY_MS = 86_400_000;
const HEAD_DIGEST = 'd'.repeat(64);

/** A patient who can be found and asked, with one bound record. */
export type Askable = Member & { readonly record: SourceRecordId };

/** The services of the marketplace over those of consent and identity, and the steps that most tests begin with. */
export class MarketplaceKit {
  readonly settlement = new SettlementService();
  readonly cohorts: CohortService;
  readonly saved: SavedCohorts;
  readonly evidence: VisaEvidence;
  readonly requests: RequestService;
  readonly review: ReviewService;
  readonly asks: AskService;
  readonly answers: AnswerService;
  readonly orders: OrderService;
  readonly funding: FundingService;
  readonly catalogue = new RequestCatalogue();
  private persons = 0;
  private deposits = 0;

  constructor(readonly consent: ConsentKit) {
    const { test, logs } = consent.identity;
    const { database, runtime, config, outbox } = test;
    const journal = new Journal(logs.audit, logs.ledger);
    this.cohorts = new CohortService(database, runtime, config);
    this.saved = new SavedCohorts(this.cohorts, runtime);
    this.evidence = new VisaEvidence(runtime, config);
    this.requests = new RequestService(this.cohorts, this.saved, journal, runtime, this.evidence, config);
    this.review = new ReviewService(journal, outbox);
    this.asks = new AskService(database, this.cohorts, journal, new TermsAnswers(consent.terms, this.cohorts));
    // Heads are read from rows; the register's keys have no part in it.
    const sourceRecords = new SourceRecordService(undefined as never);
    this.answers = new AnswerService(consent.consent, consent.identity.wards, sourceRecords);
    this.orders = new OrderService(this.settlement, journal);
    this.funding = new FundingService(this.settlement, this.orders, outbox, journal, runtime);
  }

  /** Previews; `guard` takes the place of the guard against differences. */
  feasibility(guard?: Parameters<typeof openPartitions>[1]): FeasibilityService {
    const { database, runtime, config } = this.test;
    return new FeasibilityService(database, runtime, openPartitions(this.test, guard), this.consent.terms, config);
  }

  get test() {
    return this.consent.identity.test;
  }

  /** What a patient, or the ward of a guardian, was asked. */
  asked(patient: Member): Promise<OpenRequest[]> {
    const { identity } = this.consent;
    return this.api(async (tx) =>
      this.answers.list(tx, await identity.enter(tx, patient), { after: null, limit: 100 }),
    );
  }

  api<T>(use: (tx: Tx) => Promise<T>): Promise<T> {
    return this.test.database.transaction('api', use);
  }

  worker<T>(use: (tx: Tx) => Promise<T>): Promise<T> {
    return this.test.database.transaction('worker', use);
  }

  /** A research center with money. */
  async buyer(amount: Money): Promise<Member> {
    const buyer = await this.consent.identity.member('researcher');
    const reference = `TEST ${(this.deposits += 1)}`;
    await this.worker((tx) => this.settlement.deposit(tx, { buyerId: buyer.actor.partyId, amount, reference }));
    return buyer;
  }

  /** A living adult with one bound record, indexed, who permits discovery. */
  async patient(provider: Member): Promise<Askable> {
    const patient = await this.consent.boundPatient(provider);
    await this.consent.setTerms(patient, 'permit');
    await this.test.ownerQuery(
      `insert into register.source_record (id, provider_id, kind, local_id_hash, hash_version, key_wrapped, key_epoch,
                                           head_sequence, head_digest, created_at)
       values ($1::uuid, $2, 'patient', sha256(uuid_send($1)), 1, 'none', 1, 1, $3, now())`,
      [patient.record, provider.actor.partyId, hex.decode(HEAD_DIGEST)],
    );
    const { personId = '' } = patient.actor;
    await insertIndexRows(this.test.ownerQuery, { personId, indexNo: (this.persons += 1) });
    return patient;
  }

  async patients(provider: Member, count: number): Promise<Askable[]> {
    const patients: Askable[] = [];
    for (let n = 0; n < count; n += 1) patients.push(await this.patient(provider));
    return patients;
  }

  submit(
    buyer: Member,
    changes: Partial<RequestInput> & { answerDeadline?: number; visas?: string[]; views?: string[] } = {},
  ): Promise<SentVersion> {
    const { answerDeadline = this.test.runtime.now() + DAY_MS, visas = [], views = [], ...input } = changes;
    const draft = { ...requestInput(input), answerDeadline, visas, views };
    return this.api((tx) => this.requests.submit(tx, buyer.actor, draft));
  }

  approve(officer: Member, { requestId, version }: Pick<SentVersion, 'requestId' | 'version'>): Promise<unknown> {
    const act = { requestId, version, decision: 'approve', reason: 'Purpose and safeguards are in order.' } as const;
    return this.api((tx) => this.review.decide(tx, officer.actor, act));
  }

  /** A request that patients can answer. */
  async asking(
    buyer: Member,
    officer: Member,
    changes: Parameters<MarketplaceKit['submit']>[1] = {},
  ): Promise<SentVersion> {
    const sent = await this.submit(buyer, changes);
    await this.approve(officer, sent);
    await this.asks.ask(sent.requestId, sent.version);
    return sent;
  }

  /** The grant that a patient's client signs for what `myRequests` shows. */
  async signedGrant(patient: Askable, { requestId }: Pick<SentVersion, 'requestId'>): Promise<string> {
    const shown = await this.asked(patient);
    const open = shown.find((each) => each.requestId === requestId);
    if (!open) throw new Error('the patient was not asked');
    const { version, contentHash, content, answerDeadline } = open.request;
    return signGrant(patient.client, {
      requestId,
      version,
      contentHash,
      notice: content.notice,
      amount: open.amount,
      splitRule: content.price.splitRule,
      heads: [{ sourceRecordId: patient.record, sequence: 1, digest: HEAD_DIGEST }],
      answerDeadline: answerDeadline.getTime(),
    });
  }

  async grant(patient: Askable, sent: Pick<SentVersion, 'requestId'>): Promise<string> {
    const text = await this.signedGrant(patient, sent);
    return (await this.api((tx) => this.answers.grant(tx, patient.actor, text))).grant;
  }

  decline(patient: Member, { requestId, version }: SentVersion): Promise<void> {
    const { identity } = this.consent;
    return this.api(async (tx) => this.answers.decline(tx, await identity.enter(tx, patient), { requestId, version }));
  }

  fund(buyer: Member, { requestId, version }: Pick<SentVersion, 'requestId' | 'version'>): Promise<OrderId> {
    return this.api((tx) => this.funding.fund(tx, buyer.actor, { requestId, version }));
  }

  async balance(buyer: Member): Promise<bigint> {
    const account = { kind: 'buyer', ownerId: buyer.actor.partyId } as const;
    return (await this.worker((tx) => this.settlement.balance(tx, account, 'EUR'))).amountMinor;
  }
}

/** A kit over a fresh database; close `kit.test` when done. */
export async function openMarketplaceKit(): Promise<MarketplaceKit> {
  return new MarketplaceKit(new ConsentKit(await openIdentityKit()));
}
