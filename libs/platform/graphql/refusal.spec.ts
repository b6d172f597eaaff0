import { Controller, Get, Global, Injectable, Module, Param } from '@nestjs/common';
import { Args, Field, ID, ObjectType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { asId, DomainError } from '@aceso/kernel';
import { createLogger } from '../logging/logger';
import { RefusalLog, type Refusal } from '../refusal-log';
import { Access } from './access';
import { TokenVerifier, type Actor } from './actor';
import { EdgeModule } from './edge.module';
import { actName } from './refusal';

const RESEARCHER: Actor = {
  partyId: asId<'Party'>('7f0b7a0e-3a59-4c3e-9a53-1c1f5f3b9f10'),
  role: 'researcher',
  did: 'did:key:zR',
};
const SECRET = 'amina-yusuf';
const refusals: Refusal[] = [];
let isBroken = false;

class ThingError extends DomainError<'THING_NOT_FOUND' | 'THING_UNKNOWN' | 'THING_GONE'> {}

@ObjectType('RefusedThing', { description: 'For the test.' })
class ThingType {
  @Field(() => ID, { description: 'id' }) id: string;
}

@Resolver(() => ThingType)
class ThingResolver {
  @Access('researcher')
  @Query(() => String, { description: 'refuses with the code that is asked for', nullable: true })
  foreignThing(@Args('id') id: string, @Args('code') code: string): string {
    throw new ThingError(code as 'THING_GONE', `not ${id}`);
  }

  @Access('officer')
  @Query(() => String, { description: 'for officers', nullable: true })
  forOfficers(): string {
    return SECRET;
  }

  @Access('public')
  @Query(() => ThingType, { description: 'for everybody', nullable: true })
  thing(): ThingType {
    return { id: '1' };
  }

  @Access('officer')
  @ResolveField(() => String, { description: 'for officers', nullable: true })
  innerPart(): string {
    return SECRET;
  }

  @Access('researcher')
  @Query(() => String, { description: 'breaks', nullable: true })
  broken(): string {
    throw new Error(SECRET);
  }
}

@Controller('things')
class ThingController {
  @Access('researcher')
  @Get(':id/part')
  part(@Param('id') id: string): string {
    throw new ThingError('THING_NOT_FOUND', `not ${id}`);
  }
}

@Injectable()
class KeptRefusals extends RefusalLog {
  async record(refusal: Refusal): Promise<void> {
    if (isBroken) throw new Error('the log is out of order');
    refusals.push(refusal);
  }
}

/** Stands in for the audit context, which is global too. */
@Global()
@Module({ providers: [{ provide: RefusalLog, useClass: KeptRefusals }], exports: [RefusalLog] })
class RefusalModule {}

@Module({
  imports: [
    RefusalModule,
    EdgeModule.forRoot({
      logger: createLogger({ process: 'api', level: 'silent', format: 'json' }),
      introspection: true,
      oncePerDocument: [],
    }),
  ],
  controllers: [ThingController],
  providers: [
    ThingResolver,
    {
      provide: TokenVerifier,
      useValue: { verify: async (token: string) => (token === 'good' ? RESEARCHER : null) },
    },
  ],
})
class ThingModule {}

describe('what the edge refuses', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [ThingModule] }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterAll(() => app.close());
  beforeEach(() => {
    refusals.length = 0;
    isBroken = false;
  });

  const headersOf = (token?: string) => (token ? { authorization: `Bearer ${token}` } : {});
  async function ask(query: string, token?: string): Promise<string | undefined> {
    const response = await app.inject({
      method: 'POST',
      url: '/graphql',
      headers: headersOf(token),
      payload: { query },
    });
    return response.json<{ errors?: { extensions: { code: string } }[] }>().errors?.[0]?.extensions.code;
  }
  const foreign = (code: string) => `{ alias: foreignThing(id: "${SECRET}", code: "${code}") }`;
  const kept = (act: string, reason: string) => ({ actorId: RESEARCHER.partyId, act, reason });

  it.each([
    ['by role', '{ forOfficers }', 'query.for-officers', 'FORBIDDEN'],
    ['of a field', '{ thing { innerPart } }', 'refused-thing.inner-part', 'FORBIDDEN'],
    ['as not there', foreign('THING_NOT_FOUND'), 'query.foreign-thing', 'THING_NOT_FOUND'],
    ['as unknown', foreign('THING_UNKNOWN'), 'query.foreign-thing', 'THING_UNKNOWN'],
  ])('is kept with actor, act and code when access is refused %s', async (_, query, act, code) => {
    // The second and third run are compiled ones.
    for (let run = 1; run <= 3; run++) {
      refusals.length = 0;
      expect(await ask(query, 'good')).toBe(code);
      expect(refusals).toEqual([kept(act, code)]);
    }
  });

  it('is kept for routes alike, under the pattern and without the values', async () => {
    const url = `/things/${SECRET}/part`;
    const answer = await app.inject({ url, headers: headersOf('good') });
    expect([answer.statusCode, answer.json()]).toMatchObject([404, { error: { code: 'THING_NOT_FOUND' } }]);
    expect(refusals).toEqual([kept('get.things.part', 'THING_NOT_FOUND')]);
    expect((await app.inject({ url })).statusCode).toBe(401);
    expect(refusals).toHaveLength(1);
  });

  it.each([
    ['of a caller without a token', '{ forOfficers }', undefined, 'UNAUTHENTICATED'],
    ['of a caller with a wrong token', '{ forOfficers }', 'bad', 'UNAUTHENTICATED'],
    ['that is about the state of a thing', foreign('THING_GONE'), 'good', 'THING_GONE'],
    ['that is a failure of ours', '{ broken }', 'good', 'INTERNAL'],
    ['of a document', '{ nothing }', 'good', 'VALIDATION_FAILED'],
  ])('is not kept when it is one %s', async (_, query, token, code) => {
    expect(await ask(query, token)).toBe(code);
    expect(refusals).toEqual([]);
  });

  it('is answered as ever when the log fails', async () => {
    isBroken = true;
    expect(await ask('{ forOfficers }', 'good')).toBe('FORBIDDEN');
    const answer = await app.inject({ url: '/things/x/part', headers: headersOf('good') });
    expect(answer.statusCode).toBe(404);
  });
});

it.each([
  [['Query', 'myAccessEvents'], 'query.my-access-events'],
  [['PUT', 'uploads'], 'put.uploads'],
  [['A', 'x_Y'.repeat(50)], expect.stringMatching(/^[a-z][a-z0-9.-]{79}$/)],
])('names an act in the words of the access log: %j', (words, act) => {
  expect(actName(words)).toEqual(act);
});
