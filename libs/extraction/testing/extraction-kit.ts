import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { signGrant, signRevocation } from '@aceso/consent/testing';
import type { Member } from '@aceso/identity/testing';
import { assert, type OrderId, type PersonId, type RequestId, type SourceRecordId } from '@aceso/kernel';
import { Erasures } from '@aceso/ledger';
import type { Sequencer } from '@aceso/ledger/jobs';
import { createSequencer, publishAll } from '@aceso/ledger/testing';
import type { SentVersion } from '@aceso/marketplace';
import { type MarketplaceKit, openMarketplaceKit } from '@aceso/marketplace/testing';
import { steppedDatabase, type Step } from '@aceso/platform/testing';
import { ndjson, RegisterKit } from '@aceso/register/testing';
import { DateShifts } from '../date-shifts';
import { DeliveryService } from '../delivery.service';
import { DownloadService } from '../download.service';
import { EmissionThreads } from '../emission-threads';
import { EmissionService } from '../emission.service';
import { FailedWork } from '../failed-work';
import { FaultPoints } from '../fault-points';
import { LeavingOut } from '../leaving-out';
import { MemberSelection } from '../member-selection';
import { OrderEnding } from '../order-ending';
import { OrderWatch } from '../order-watch';
import { PackageBuilder } from '../package-builder';
import { Participations } from '../participations';
import { PlanService } from '../plan.service';
import { PublishedReceipt } from '../published-receipt';
import { ReleaseCommit } from '../release-commit';
import { ReleaseGate } from '../release-gate';
import { ReleaseHistory } from '../release-history';
import { ReleaseReceipts } from '../release-receipts';
import { ReleaseService } from '../release.service';
import { RiskSource } from '../risk-source';
import { SaleKeys } from '../sale-keys';
import { ShardOpening } from '../shard-opening';
import { WithdrawalContent } from '../withdrawal-content';
import { WithdrawalLists, type ShownDeparture } from '../withdrawal-lists';
import { WithdrawalPacking } from '../withdrawal-packing';
import { WithdrawalRounds } from '../withdrawal-rounds';
import { WorkFolders } from '../work-folders';
import { samplePerson } from './sample-person';

/** A patient with a real record in the register and the grant that it gave, if it did. */
export interface Contributor extends Member {
  readonly record: SourceRecordId;
  readonly personId: PersonId;
  grant: string | null;
}

/** What a provider sends about one patient: resources or bundles, under its own id of the patient. */
export interface SentRecord {
  readonly patientId: string;
  readonly lines: readonly object[];
}

/** An order that was paid for, with everybody in it. */
export interface FundedSale {
  readonly orderId: OrderId;
  readonly buyer: Member;
  readonly identity: string;
  readonly contributors: readonly Contributor[];
}

/** The services of extraction over those of all other contexts, and the steps that most tests begin with. */
export class ExtractionKit {
  readonly register: RegisterKit;
  readonly sequencer: Sequencer;
  readonly saleKeys: SaleKeys;
  readonly plans: PlanService;
  readonly emission: EmissionService;
  /** The emission with other threads than the kit's one. */
  readonly emissionIn: (threads: EmissionThreads) => EmissionService;
  readonly releases: ReleaseService;
  readonly deliveries: DeliveryService;
  readonly downloads: DownloadService;
  readonly watch: OrderWatch;
  readonly folders: WorkFolders;
  readonly erasures: Erasures;
  readonly receipts: ReleaseReceipts;
  readonly failed: FailedWork;
  readonly withdrawals: {
    readonly rounds: WithdrawalRounds;
    readonly packing: WithdrawalPacking;
    readonly lists: WithdrawalLists;
  };
  private patients = 0;

  constructor(
    readonly market: MarketplaceKit,
    /** Through which extraction reaches the database; a test may watch its statements. */
    database = market.test.database,
  ) {
    const { test, consent, cohorts, orders, settlement } = market;
    const { logs, bindings, gates, affiliations } = consent.identity;
    const { runtime, custody, blobs, outbox, config, logger } = test;
    const faults = new FaultPoints();
    const { audit, ledger } = logs;
    this.register = new RegisterKit(test);
    this.sequencer = createSequencer(test);
    this.saleKeys = new SaleKeys(custody, audit, runtime);
    this.erasures = new Erasures(database, ledger, runtime);
    const history = new ReleaseHistory(affiliations, this.erasures);
    history.onModuleInit();
    const selection = new MemberSelection(consent.consent, consent.permissions, cohorts, bindings, history);
    const ending = new OrderEnding(orders, this.saleKeys, ledger, config);
    const leaving = new LeavingOut(audit);
    this.plans = new PlanService(database, selection, this.saleKeys, ending, ledger, runtime, leaving);
    const shifts = new DateShifts(custody);
    const opening = new ShardOpening(selection, this.saleKeys, this.register.reader, ending, shifts, leaving);
    const { reader } = this.register;
    this.emissionIn = (threads) =>
      new EmissionService(database, opening, reader, blobs, faults, logger, leaving, threads);
    this.emission = this.emissionIn(new EmissionThreads(1));
    const risk = new RiskSource(selection, this.saleKeys);
    const builder = new PackageBuilder(blobs, custody, ledger, runtime, config, risk);
    const participations = new Participations(custody, runtime, this.erasures);
    participations.onModuleInit();
    this.receipts = new ReleaseReceipts(database, ledger, audit, participations);
    const commit = new ReleaseCommit(ledger, settlement, participations, this.saleKeys, ending, runtime);
    const gate = new ReleaseGate(gates, selection, leaving, history);
    this.releases = new ReleaseService(database, builder, gate, commit, ending, outbox, faults);
    this.folders = new WorkFolders(database, blobs, config);
    const published = new PublishedReceipt(ledger, config);
    this.deliveries = new DeliveryService(database, published, blobs, ending, faults, runtime, this.folders);
    const content = new WithdrawalContent(this.saleKeys, custody, ledger);
    this.withdrawals = {
      rounds: new WithdrawalRounds(database, affiliations, content, ledger, outbox, runtime, ending, config),
      packing: new WithdrawalPacking(database, content, ending, published, blobs, runtime),
      lists: new WithdrawalLists(database, consent.identity.statements, audit, ledger, blobs, runtime),
    };
    this.downloads = new DownloadService(database, audit, ledger, outbox, runtime, blobs, cohorts);
    this.watch = new OrderWatch(database);
    this.failed = new FailedWork(database, ending, this.folders, runtime);
  }

  get test() {
    return this.market.test;
  }

  /** A patient whose records a provider sent, who bound them and permits discovery. */
  async contributor(provider: Member, sent: SentRecord = this.sample()): Promise<Contributor> {
    const { identity } = this.market.consent;
    const { partyId } = provider.actor;
    await this.register.ingest(partyId, ndjson(...sent.lines));
    const record = await this.register.sourceRecord(partyId, sent.patientId);
    identity.records.holders.set(record, partyId);
    const member = await identity.member('patient');
    const code = randomUUID();
    const attestation = await identity.attest(provider, record, code);
    await identity.bindings.bind(member.actor, member.client.binding(record, attestation), code);
    await this.market.consent.setTerms(member, 'permit');
    const { personId } = member.actor;
    assert(personId, 'a patient has a person');
    await this.register.index.rebuild(personId);
    return { ...member, record, personId, grant: null };
  }

  /** Signs and sends the grant for what the patient was asked. */
  async grant(contributor: Contributor, requestId: RequestId): Promise<void> {
    const { market } = this;
    const shown = await market.asked(contributor);
    const open = shown.find((each) => each.requestId === requestId);
    assert(open, 'the patient was asked');
    const { version, contentHash, content, answerDeadline } = open.request;
    const heads = await market.api((tx) => this.register.sourceRecords.heads(tx, contributor.personId));
    const text = signGrant(contributor.client, {
      requestId,
      version,
      contentHash,
      notice: content.notice,
      amount: open.amount,
      splitRule: content.price.splitRule,
      heads: heads.map(({ sourceRecordId, sequence, digest }) => ({ sourceRecordId, sequence, digest: digest ?? '' })),
      answerDeadline: answerDeadline.getTime(),
    });
    contributor.grant = (await market.api((tx) => market.answers.grant(tx, contributor.actor, text))).grant;
  }

  /** Revokes what the contributor granted. */
  async revoke(contributor: Contributor): Promise<void> {
    assert(contributor.grant, 'there is a grant to revoke');
    const text = signRevocation(contributor.client, contributor.grant);
    await this.market.api((tx) => this.market.consent.consent.recordRevocation(tx, contributor.actor, text));
  }

  /** Persons with records; usable in several sales. */
  async contributors(provider: Member, count: number): Promise<Contributor[]> {
    const made: Contributor[] = [];
    for (let n = 0; n < count; n += 1) made.push(await this.contributor(provider));
    return made;
  }

  private sample(): SentRecord {
    const n = (this.patients += 1);
    return { patientId: `patient-${n}`, lines: samplePerson(n) };
  }

  /** A request that all of these persons granted, paid for. `before` runs once everybody is asked. */
  async sale(
    contributors: readonly Contributor[],
    changes: Parameters<MarketplaceKit['asking']>[2] = {},
    knownBuyer?: Member,
    before: (sent: SentVersion) => Promise<void> = async () => {},
  ): Promise<FundedSale> {
    const identity = await generateX25519Identity();
    const buyer = knownBuyer ?? (await this.market.buyer({ amountMinor: 10_000_000n, currency: 'EUR' }));
    const officer = await this.market.consent.identity.member('officer');
    const request = {
      criteria: { version: 1, all: [] },
      fields: ['Condition', 'Encounter', 'Observation'],
      recipientAgeKey: await identityToRecipient(identity),
      ...changes,
    };
    const sent = await this.market.asking(buyer, officer, request);
    await before(sent);
    for (const contributor of contributors) await this.grant(contributor, sent.requestId);
    const orderId = await this.market.fund(buyer, sent);
    return { orderId, buyer, identity, contributors };
  }

  /** Plans and emits; the attempt that is ready to be released, or null when the order ended. */
  async emit(orderId: OrderId): Promise<string | null> {
    const work = await this.plans.plan(orderId);
    if (!work) return null;
    for (const shard of work.shards) await this.emission.emit({ orderId, attemptId: work.attemptId, shard });
    return work.attemptId;
  }

  /** Runs attempts until the order is released or refunded, as the jobs would; the number of attempts. */
  async run(orderId: OrderId): Promise<number> {
    for (let attempts = 0; ; attempts += 1) {
      const attemptId = await this.emit(orderId);
      if (attemptId === null) return attempts;
      await this.releases.release(orderId, attemptId);
    }
  }

  /** Brings the release into a published checkpoint and makes the package ready. */
  async deliver(orderId: OrderId): Promise<void> {
    await publishAll(this.sequencer);
    const [found] = await this.test.ownerQuery<{ id: string }>(
      `select id from extraction.package where order_id = $1 and state = 'released'`,
      [orderId],
    );
    if (found) await this.deliveries.deliver(found.id);
  }

  /** Fetches the package as its buyer; the path of the encrypted file. */
  async fetch({ buyer, orderId }: FundedSale): Promise<string> {
    const download = await this.downloads.open(buyer.actor.partyId, orderId);
    const path = join(await mkdtemp(join(tmpdir(), 'aceso-fetch-')), 'package.age');
    await pipeline(download.content, createWriteStream(path));
    return path;
  }

  /** What left of a patient in packages that were fetched, as it sees it. */
  async departures({ actor }: Pick<Member, 'actor'>): Promise<readonly ShownDeparture[]> {
    return this.market.api(async (tx) => {
      await tx.actAs(actor.partyId);
      return this.withdrawals.lists.departures(tx);
    });
  }

  async orderState(orderId: OrderId): Promise<{ state: string; reason: string | null }> {
    const [row] = await this.test.ownerQuery<{ state: string; reason: string | null }>(
      `select state, reason from marketplace."order" where id = $1`,
      [orderId],
    );
    assert(row, 'the order is there');
    return row;
  }
}

/** A kit over a fresh database; close `kit.test` when done. `before` is asked before each statement of extraction. */
export async function openExtractionKit(before?: (step: Step) => Promise<void>): Promise<ExtractionKit> {
  const market = await openMarketplaceKit();
  return new ExtractionKit(market, before && steppedDatabase(market.test.database, before));
}
