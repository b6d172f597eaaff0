import { Args, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Database } from '@aceso/platform';
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
import { ActOnce } from '@aceso/settlement';
import type { Decision } from '../domain';
import { RequestCatalogue } from '../request-catalogue';
import { ReviewService } from '../review.service';
import { KEY, REQUEST_ID } from './request.resolver';
import { RequestConnection, RequestType, toRequestType } from './request.type';
import { Decisions } from './states';

/** What compliance officers do with requests. */
@Access('officer')
@Resolver()
export class ReviewResolver {
  constructor(
    private readonly database: Database,
    private readonly acts: ActOnce,
    private readonly review: ReviewService,
    private readonly catalogue: RequestCatalogue,
  ) {}

  @Query(() => RequestConnection, { description: 'Requests that wait for a decision, longest waiting first.' })
  async requestsToReview(@CurrentParty() actor: Actor, @Args() args: PageArgs): Promise<RequestConnection> {
    const page = pageOf(args);
    const rows = await this.database.transaction('api', (tx) =>
      this.catalogue.listToReview(tx, actor, { after: afterId(page), limit: page.limit + 1 }),
    );
    return toConnection(rows, page, { cursorOf: ({ requestId }) => [requestId], toNode: toRequestType });
  }

  @Mutation(() => RequestType, { description: 'Decides on the newest version of a request.' })
  async decideRequest(
    @CurrentParty() actor: Actor,
    @Args('id', REQUEST_ID) id: string,
    @Args('version', {
      type: () => Int,
      description: 'The version that was read: any but the newest is refused (REQUEST_VERSION_OUTDATED).',
    })
    version: number,
    @Args('decision', { type: () => Decisions, description: 'Whether the cohort may be asked.' }) decision: Decision,
    @Args('reason', { type: () => String, description: 'Why, 3 to 2000 characters; the research center reads it.' })
    reason: string,
    @Args('idempotencyKey', KEY) key: string,
  ): Promise<RequestType> {
    const requestId = fromGlobalId('Request', id);
    const sent = { act: 'request.decide', key, request: { id, version, decision, reason } };
    const act = { requestId, version, decision, reason };
    await this.acts.run(actor, sent, (tx) => this.review.decide(tx, actor, act));
    return toRequestType(await this.database.transaction('api', (tx) => this.catalogue.read(tx, actor, requestId)));
  }
}
