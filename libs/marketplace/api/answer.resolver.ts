import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { isUuid, type RequestId } from '@aceso/kernel';
import { WardAccess } from '@aceso/identity';
import { STATEMENT, WARD, wardWish } from '@aceso/identity/api';
import { afterId, Access, CurrentParty, PageArgs, pageOf, toConnection, type Actor } from '@aceso/platform/graphql';
import { ActOnce } from '@aceso/settlement';
import { AnswerService } from '../answer.service';
import { notFound } from '../domain/marketplace.errors';
import { PatientRequestConnection, RecordedGrantType, RecordedRefusalType, toPatientRequestType } from './answer.type';

// One act for yes and no: a refused attempt must not tell which one it was.
const ANSWER = { act: 'request.answer', request: {} };

/** What patients do with requests. Saying no is as easy as saying yes. */
@Access('patient')
@Resolver()
export class AnswerResolver {
  constructor(
    private readonly acts: ActOnce,
    private readonly answers: AnswerService,
    private readonly wards: WardAccess,
  ) {}

  @Query(() => PatientRequestConnection, {
    description: 'Requests that the acting patient, or its ward, can answer or has answered, newest first.',
  })
  async myRequests(
    @CurrentParty() actor: Actor,
    @Args() args: PageArgs,
    @Args('ward', WARD) ward?: string | null,
  ): Promise<PatientRequestConnection> {
    const page = pageOf(args);
    const wish = wardWish(ward, { scope: 'research', looksAt: 'requests' });
    const rows = await this.wards.run(actor, wish, (tx, acting) =>
      this.answers.list(tx, acting, { after: afterId(page), limit: page.limit + 1 }),
    );
    return toConnection(rows, page, { cursorOf: ({ requestId }) => [requestId], toNode: toPatientRequestType });
  }

  @Mutation(() => RecordedGrantType, { description: 'Agrees to a request by a signed grant.' })
  async grant(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<RecordedGrantType> {
    return this.wards.telling(actor, () =>
      this.acts.run(actor, ANSWER, (tx) => this.answers.grant(tx, actor, statement)),
    );
  }

  @Mutation(() => RecordedRefusalType, { description: 'Declines a request. Again, it changes nothing.' })
  async decline(
    @CurrentParty() actor: Actor,
    @Args('request', { type: () => ID, description: 'The request, as `myRequests` names it.' }) request: string,
    @Args('version', { type: () => Int, description: 'Its version.' }) version: number,
    @Args('ward', WARD) ward?: string | null,
  ): Promise<RecordedRefusalType> {
    if (!isUuid(request)) throw notFound('request');
    const requestId = request as string as RequestId;
    const wish = wardWish(ward, { scope: 'research', looksAt: null });
    await this.wards.telling(actor, () =>
      this.acts.run(actor, ANSWER, async (tx) =>
        this.answers.decline(tx, await this.wards.enter(tx, actor, wish), { requestId, version }),
      ),
    );
    return { request };
  }
}
