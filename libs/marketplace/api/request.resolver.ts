import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { policyNamed, viewInWords } from '@aceso/deidentification/domain';
import { requestedViews } from '@aceso/deidentification/own-views';
import type { OrderId, RequestId } from '@aceso/kernel';
import { Database, type Tx } from '@aceso/platform';
import {
  afterId,
  Access,
  CurrentParty,
  fromGlobalId,
  PageArgs,
  pageOf,
  toConnection,
  type Actor,
} from '@aceso/platform/graphql';
import { ActOnce, type ClientAct } from '@aceso/settlement';
import { FundingService } from '../funding.service';
import { OrderService } from '../order.service';
import { RequestCatalogue } from '../request-catalogue';
import { RequestService } from '../request.service';
import { OrderType, toOrderType } from './order.type';
import { POLICY_DEFAULT, SubmitRequestInput, toDraft } from './request.input';
import { RequestConnection, RequestType, toRequestType } from './request.type';

export const KEY = {
  type: () => String,
  description: 'Chosen by the caller; the same key and request answer the same.',
};
export const REQUEST_ID = { type: () => ID, description: 'Id of the request.' };

/** What research centers do with their requests. */
@Resolver(() => RequestType)
export class RequestResolver {
  constructor(
    private readonly database: Database,
    private readonly acts: ActOnce,
    private readonly requests: RequestService,
    private readonly funding: FundingService,
    private readonly orders: OrderService,
    private readonly catalogue: RequestCatalogue,
  ) {}

  @Access('researcher', 'officer')
  @Query(() => RequestType, { description: 'A request of the acting research center; any for a compliance officer.' })
  async request(@CurrentParty() actor: Actor, @Args('id', REQUEST_ID) id: string): Promise<RequestType> {
    const requestId = fromGlobalId('Request', id);
    return toRequestType(await this.database.transaction('api', (tx) => this.catalogue.read(tx, actor, requestId)));
  }

  @Access('researcher')
  @Query(() => RequestConnection, { description: 'Requests of the acting research center, newest first.' })
  async sentRequests(@CurrentParty() { partyId }: Actor, @Args() args: PageArgs): Promise<RequestConnection> {
    const page = pageOf(args);
    const rows = await this.database.transaction('api', (tx) =>
      this.catalogue.listOwn(tx, { buyerId: partyId, after: afterId(page), limit: page.limit + 1 }),
    );
    return toConnection(rows, page, { cursorOf: ({ requestId }) => [requestId], toNode: toRequestType });
  }

  @Access('researcher')
  @Query(() => [String], {
    description:
      'Views as `submitRequest` takes them, checked as it checks them, in the words that patients will read.',
  })
  async viewsInWords(
    @Args('views', { type: () => [String], description: 'As of `SubmitRequestInput`.' }) views: string[],
    @Args('fields', { type: () => [String], description: 'FHIR resource types wanted.' }) fields: string[],
    @Args('policy', { type: () => String, nullable: true, description: 'As of `SubmitRequestInput`.' })
    policy: string | null,
  ): Promise<string[]> {
    const scope = { policy: policyNamed(policy ?? POLICY_DEFAULT), fields };
    const checked = await requestedViews(views, scope);
    return checked.map(({ view }) => viewInWords(view));
  }

  @Access('researcher')
  @Mutation(() => RequestType, { description: 'Sends a request to review.' })
  async submitRequest(
    @CurrentParty() actor: Actor,
    @Args('input', { description: 'The request.' }) input: SubmitRequestInput,
  ): Promise<RequestType> {
    const { idempotencyKey: key, ...request } = input;
    return this.once(actor, { act: 'request.submit', key, request }, async (tx) => {
      const { requestId } = await this.requests.submit(tx, actor, toDraft(input));
      return requestId;
    });
  }

  @Access('researcher')
  @Mutation(() => RequestType, {
    description:
      'Replaces a request by a new version, which is reviewed and asked anew; earlier answers count for nothing.',
  })
  async amendRequest(
    @CurrentParty() actor: Actor,
    @Args('id', REQUEST_ID) id: string,
    @Args('input', { description: 'The new version, whole.' }) input: SubmitRequestInput,
  ): Promise<RequestType> {
    const requestId = fromGlobalId('Request', id);
    const { idempotencyKey: key, ...request } = input;
    return this.once(actor, { act: 'request.amend', key, request: { id, ...request } }, async (tx) => {
      await this.requests.amend(tx, actor, { requestId, draft: toDraft(input) });
      return requestId;
    });
  }

  @Access('researcher')
  @Mutation(() => RequestType, {
    description: 'Cancels a request. One that was funded is refunded whole, as long as extraction has not begun.',
  })
  async cancelRequest(
    @CurrentParty() actor: Actor,
    @Args('id', REQUEST_ID) id: string,
    @Args('idempotencyKey', KEY) key: string,
  ): Promise<RequestType> {
    const requestId = fromGlobalId('Request', id);
    return this.once(actor, { act: 'request.cancel', key, request: { id } }, async (tx) => {
      await this.funding.cancel(tx, actor, requestId);
      return requestId;
    });
  }

  @Access('researcher')
  @Mutation(() => OrderType, {
    description:
      'Funds a request for everybody who has agreed by now, rounded up: money moves into escrow, answering ends, ' +
      'extraction is planned.',
  })
  async fundRequest(
    @CurrentParty() actor: Actor,
    @Args('id', REQUEST_ID) id: string,
    @Args('version', { type: () => Int, description: 'The version that was answered.' }) version: number,
    @Args('idempotencyKey', KEY) key: string,
  ): Promise<OrderType> {
    const requestId = fromGlobalId('Request', id);
    const sent = { act: 'order.fund', key, request: { id, version } };
    const fund = (tx: Tx): Promise<OrderId> => this.funding.fund(tx, actor, { requestId, version });
    const orderId = await this.acts.run(actor, sent, fund);
    return toOrderType(await this.database.transaction('api', (tx) => this.orders.readOwn(tx, actor.partyId, orderId)));
  }

  /** Runs a change once a key and answers the request as it is now. */
  private async once(actor: Actor, sent: ClientAct, change: (tx: Tx) => Promise<RequestId>): Promise<RequestType> {
    const id = await this.acts.run(actor, sent, change);
    return toRequestType(await this.database.transaction('api', (tx) => this.catalogue.read(tx, actor, id)));
  }
}
