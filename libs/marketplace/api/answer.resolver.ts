import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { isUuid, type RequestId } from '@aceso/kernel';
import { STATEMENT } from '@aceso/identity/api';
import { Database } from '@aceso/platform';
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
    private readonly database: Database,
    private readonly acts: ActOnce,
    private readonly answers: AnswerService,
  ) {}

  @Query(() => PatientRequestConnection, {
    description: 'Requests that the acting patient can answer or has answered, newest first.',
  })
  async myRequests(@CurrentParty() actor: Actor, @Args() args: PageArgs): Promise<PatientRequestConnection> {
    const page = pageOf(args);
    const rows = await this.database.transaction('api', (tx) =>
      this.answers.list(tx, actor, { after: afterId(page), limit: page.limit + 1 }),
    );
    return toConnection(rows, page, { cursorOf: ({ requestId }) => [requestId], toNode: toPatientRequestType });
  }

  @Mutation(() => RecordedGrantType, { description: 'Agrees to a request by a signed grant.' })
  async grant(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<RecordedGrantType> {
    return this.acts.run(actor, ANSWER, (tx) => this.answers.grant(tx, actor, statement));
  }

  @Mutation(() => RecordedRefusalType, { description: 'Declines a request. Again, it changes nothing.' })
  async decline(
    @CurrentParty() actor: Actor,
    @Args('request', { type: () => ID, description: 'The request, as `myRequests` names it.' }) request: string,
    @Args('version', { type: () => Int, description: 'Its version.' }) version: number,
  ): Promise<RecordedRefusalType> {
    if (!isUuid(request)) throw notFound('request');
    const requestId = request as string as RequestId;
    await this.acts.run(actor, ANSWER, (tx) => this.answers.decline(tx, actor, { requestId, version }));
    return { request };
  }
}
