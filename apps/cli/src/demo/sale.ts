import { createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { pipeline } from 'node:stream/promises';
import { randomUUID } from 'node:crypto';
import { ApiRefusal, waitFor, type AcesoClient } from './aceso-client';
import { answerRequests, awaitAsking, revokeOne } from './answers';
import { awaitIndex, bindPatients, type Cast, type DemoPatient } from './cast';
import { DemoError } from './demo.errors';
import type { DemoInput } from './input';
import type { Progress } from './progress';
import { showFunnel } from './steps/cohort-funnel';
import { showPrices } from './steps/price-preview';

export interface Counts {
  accepted: number;
  unchanged: number;
  quarantined: number;
  refused: number;
}

export interface Money {
  readonly amountMinor: string;
  readonly currency: string;
}

export interface OrderView {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly progress: { readonly stage: string; readonly done: number; readonly total: number } | null;
  readonly escrow: Money;
  readonly settlement: {
    readonly patients: Money;
    readonly providers: Money;
    readonly platform: Money;
    readonly refunded: Money;
  } | null;
  readonly package: { readonly downloadUrl: string } | null;
}

/** Patients who revoked their grant after the job had started. */
export interface Revoked {
  readonly beforeRelease: number;
  readonly afterRelease: number;
}

/** Which persons the buyer asks for and how. */
export interface Offer {
  readonly criteria: unknown;
  readonly fields: readonly string[];
  readonly recipientAgeKey: string;
  readonly unitMinor: number;
}

const ORDER = `id state reason progress { stage done total } escrow { amountMinor currency }
  settlement { patients { amountMinor currency } providers { amountMinor currency } platform { amountMinor currency } refunded { amountMinor currency } }
  package { downloadUrl }`;
const COUNTS = 'accepted unchanged quarantined refused';
const ENDED = ['DELIVERED', 'REFUNDED'];

/** One sale as its parties play it, over the public API alone. */
export class Sale {
  readonly resources: Counts = { accepted: 0, unchanged: 0, quarantined: 0, refused: 0 };
  readonly lines: Counts = { accepted: 0, unchanged: 0, quarantined: 0, refused: 0 };
  patients: DemoPatient[] = [];

  constructor(
    private readonly client: AcesoClient,
    private readonly cast: Omit<Cast, 'patients'>,
    private readonly progress: Progress,
  ) {}

  async ingest(input: DemoInput): Promise<void> {
    this.progress.step('Providers send their records');
    // Each provider sends its files one after another; the providers do not wait for each other.
    await Promise.all(
      this.cast.providers.map(async (provider, number) => {
        for (const file of input.files.filter((each) => each.provider === number))
          await this.ingestFile(provider, file.path);
      }),
    );
  }

  private async ingestFile(provider: Cast['officer'], path: string): Promise<void> {
    const { openUpload } = await provider.run<{ openUpload: { id: string; putUrl: string } }>(
      `mutation($input: OpenUploadInput!) { openUpload(input: $input) { id putUrl } }`,
      { input: { idempotencyKey: randomUUID() } },
    );
    await this.client.put(openUpload.putUrl, path, provider.authorize);
    const { startIngest } = await provider.run<{ startIngest: { id: string } }>(
      `mutation($uploadId: ID!, $key: String!) { startIngest(uploadId: $uploadId, idempotencyKey: $key) { id } }`,
      { uploadId: openUpload.id, key: randomUUID() },
    );
    const ended = await waitFor(`the ingest of ${basename(path)}`, async () => {
      const { ingest } = await provider.run<{
        ingest: { state: string; reason: string | null; resources: Counts; lines: Counts };
      }>(`query($id: ID!) { ingest(id: $id) { state reason resources { ${COUNTS} } lines { ${COUNTS} } } }`, {
        id: startIngest.id,
      });
      return ['DONE', 'FAILED'].includes(ingest.state) ? ingest : undefined;
    });
    if (!ended.resources || !ended.lines) {
      throw new DemoError('DEMO_ENDED_EARLY', `the ingest of ${basename(path)} ended early: ${ended.reason}`);
    }
    for (const verdict of ['accepted', 'unchanged', 'quarantined', 'refused'] as const) {
      this.resources[verdict] += ended.resources[verdict];
      this.lines[verdict] += ended.lines[verdict];
    }
    this.progress.note(
      `${provider.name}: ${basename(path)}, ${ended.resources.accepted} resources accepted, ${ended.lines.refused} lines refused`,
    );
  }

  async bind(input: DemoInput): Promise<void> {
    this.progress.step('Patients make keys, are bound to their records by one-time codes, and permit discovery');
    this.patients = await bindPatients(this.client, { input, providers: this.cast.providers, progress: this.progress });
    await awaitIndex(this.patients, this.progress);
  }

  /** What a center asks before it sends a request: a funnel, the persons of its cohort, and what the request would meet. */
  async explore(offer: Offer): Promise<void> {
    const { researcher } = this.cast;
    await showFunnel(researcher, this.progress);
    this.progress.step('For a wider question it looks for a cohort and asks for it');
    const { cohortCount } = await researcher.run<{ cohortCount: { approximate: number | null; suppressed: boolean } }>(
      `query($criteria: String!) { cohortCount(criteria: $criteria) { approximate suppressed } }`,
      { criteria: JSON.stringify(offer.criteria) },
    );
    this.progress.note(
      cohortCount.suppressed ? 'fewer than 11 persons: no number is shown' : `about ${cohortCount.approximate} persons`,
    );
    await showPrices(researcher, draftOf(offer), this.progress);
  }

  /** Counts, asks and is approved; answers come from the patients' own keys. Returns the request's id. */
  async request(offer: Offer): Promise<{ id: string; version: number }> {
    const { researcher, officer } = this.cast;
    await this.explore(offer);
    const { submitRequest } = await researcher.run<{ submitRequest: { id: string; version: number } }>(
      `mutation($input: SubmitRequestInput!) { submitRequest(input: $input) { id version } }`,
      { input: requestInput(offer) },
    );
    await officer.run(
      `mutation($id: ID!, $version: Int!, $key: String!) { decideRequest(id: $id, version: $version, decision: APPROVE, reason: "Purpose and safeguards are in order", idempotencyKey: $key) { id } }`,
      { ...submitRequest, key: randomUUID() },
    );
    this.progress.note('the compliance officer approved the request');
    await awaitAsking(async () => {
      const { request } = await researcher.run<{ request: { state: string } }>(
        `query($id: ID!) { request(id: $id) { state } }`,
        { id: submitRequest.id },
      );
      return request.state;
    });
    this.progress.step('Patients answer with their own keys; silence is a no');
    await answerRequests(this.patients, this.progress);
    return submitRequest;
  }

  /** Funds the request and follows the order to its end; one patient revokes after the job has started, and after `ready`. */
  async fulfil(request: { id: string; version: number }, ready?: () => Promise<void>): Promise<OrderView> {
    this.progress.step('The center funds the order; the worker extracts');
    const orderId = await this.fund(request);
    await this.followed(orderId, ['EXTRACTING', 'RELEASED', ...ENDED], 20);
    await ready?.();
    if (await revokeOne(this.patients)) this.progress.note('one patient revoked after the job had started');
    return this.followed(orderId, ENDED, 150);
  }

  /** Pays in and funds the request; the id of its order, which the worker takes up. */
  async fund({ id, version }: { id: string; version: number }): Promise<string> {
    await this.deposit();
    const { fundRequest } = await this.cast.researcher.run<{ fundRequest: { id: string } }>(
      `mutation($id: ID!, $version: Int!, $key: String!) { fundRequest(id: $id, version: $version, idempotencyKey: $key) { id } }`,
      { id, version, key: randomUUID() },
    );
    return fundRequest.id;
  }

  private async deposit(): Promise<void> {
    const { me } = await this.cast.researcher.run<{ me: { id: string } }>('{ me { id } }');
    await this.cast.officer.run(
      `mutation($buyer: ID!, $amount: String!, $reference: String!, $key: String!) {
        recordDeposit(buyer: $buyer, amountMinor: $amount, reference: $reference, idempotencyKey: $key) { amountMinor } }`,
      { buyer: me.id, amount: '100000000', reference: 'bank transfer 1', key: randomUUID() },
    );
  }

  private async order(id: string): Promise<OrderView> {
    const { order } = await this.cast.researcher.run<{ order: OrderView }>(
      `query($id: ID!) { order(id: $id) { ${ORDER} } }`,
      { id },
    );
    return order;
  }

  private async followed(id: string, until: readonly string[], everyMs: number): Promise<OrderView> {
    return waitFor(
      'the order',
      async () => {
        const order = await this.order(id);
        if (order.progress && order.progress.total > 0)
          this.progress.bar(order.progress.stage.toLowerCase(), order.progress.done, order.progress.total);
        return until.includes(order.state) ? order : undefined;
      },
      { everyMs },
    );
  }

  /**
   * Downloads the package of a delivered order. A revocation that came after the release sends it back at the first
   * download: it is waited for until it is made anew. False when too few persons were left and it was withdrawn.
   */
  async download({ id, package: released }: OrderView, target: string): Promise<boolean> {
    if (!released) throw new Error('a delivered order has a package');
    const response = await waitFor('the package to be made anew', () => this.opened(id, released.downloadUrl));
    if (!response) return false;
    await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(target));
    return true;
  }

  /** Undefined while the package is being made anew, null once it was withdrawn. */
  private async opened(id: string, url: string): Promise<Response | null | undefined> {
    try {
      return await this.client.get(url, this.cast.researcher.authorize);
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      if (error.code === '409') return undefined;
      if (error.code === '404' && (await this.order(id)).progress?.stage === 'WITHDRAWN') return null;
      throw error;
    }
  }

  /** Revocations by whether they came before the release: then nothing was earned. What was paid stays. */
  async countRevoked(): Promise<Revoked> {
    const revoked = { beforeRelease: 0, afterRelease: 0 };
    for (const { client } of this.patients.filter((patient) => patient.revoked)) {
      const { myBalance } = await client.run<{ myBalance: Money }>('{ myBalance { amountMinor currency } }');
      revoked[myBalance.amountMinor === '0' ? 'beforeRelease' : 'afterRelease'] += 1;
    }
    return revoked;
  }

  /** The first included patient has the compensation paid out. */
  async payOut(): Promise<Money | undefined> {
    for (const { client, answer, revoked } of this.patients) {
      if (answer !== 'granted' || revoked) continue;
      const { myBalance } = await client.run<{ myBalance: Money }>('{ myBalance { amountMinor currency } }');
      if (myBalance.amountMinor === '0') continue;
      await client.run(
        `mutation($amount: String!, $key: String!) { requestPayout(amountMinor: $amount, idempotencyKey: $key) { amountMinor } }`,
        {
          amount: myBalance.amountMinor,
          key: randomUUID(),
        },
      );
      return myBalance;
    }
    return undefined;
  }
}

const ANSWER_DAYS = 14;

/** What of the request decides who says yes. */
function draftOf(offer: Offer): Record<string, unknown> {
  return {
    use: { research: ['DUO:0000006'], commercial: false, pledges: ['no-onward-sharing', 'no-reidentification'] },
    criteria: JSON.stringify(offer.criteria),
    fields: offer.fields,
    policy: 'expert-1',
    country: 'DE',
    termMonths: 12,
    unitMinor: offer.unitMinor,
  };
}

function requestInput(offer: Offer): Record<string, unknown> {
  return {
    ...draftOf(offer),
    purpose: 'How long-term conditions and their treatment develop over a lifetime',
    k: 5,
    recipientAgeKey: offer.recipientAgeKey,
    answerDeadline: new Date(Date.now() + ANSWER_DAYS * 86_400_000).toISOString(),
    idempotencyKey: randomUUID(),
  };
}
