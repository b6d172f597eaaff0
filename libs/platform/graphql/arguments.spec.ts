import { Injectable, Module } from '@nestjs/common';
import { Args, Field, ID, InputType, Int, Query, Resolver } from '@nestjs/graphql';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { base64url, utf8 } from '@aceso/kernel';
import { pino } from 'pino';
import { Logger } from '../logging/logger';
import { Access } from './access';
import { TokenVerifier } from './actor';
import { PageArgs, pageOf } from './connection';
import { EdgeModule } from './edge.module';
import { fromGlobalId } from './global-id';
import { holdsPlainText, isPlainText } from './plain-text';
import { present } from './presentation';

const NUL = '\u0000';
const received: unknown[] = [];

@InputType({ description: 'For the test.' })
class PartInput {
  @Field(() => Int, { description: 'number' }) number: number;
  @Field(() => String, { nullable: true, description: 'note' }) note?: string;
}

@InputType({ description: 'For the test.' })
class WholeInput {
  @Field(() => String, { description: 'text' }) text: string;
  @Field(() => [PartInput], { description: 'parts' }) parts: PartInput[];
}

@Resolver()
class EchoResolver {
  @Access('public')
  @Query(() => Boolean, { description: 'takes an input' })
  whole(@Args('input') input: WholeInput): boolean {
    received.push(input);
    return true;
  }

  @Access('public')
  @Query(() => Boolean, { description: 'takes an id and a text' })
  plain(
    @Args('id', { type: () => ID }) id: string,
    @Args('text', { type: () => String, nullable: true }) text: string | null,
  ): boolean {
    received.push(id, text);
    return true;
  }
}

@Injectable()
class NoTokenVerifier extends TokenVerifier {
  verify(): Promise<null> {
    return Promise.resolve(null);
  }
}

const logger = new Logger(pino({ level: 'silent' }));

@Module({
  imports: [EdgeModule.forRoot({ logger, introspection: true, oncePerDocument: [] })],
  providers: [EchoResolver, { provide: TokenVerifier, useClass: NoTokenVerifier }],
})
class EchoModule {}

const PLAIN = 'query($id: ID!, $text: String) { plain(id: $id, text: $text) }';
const WHOLE = 'query($input: WholeInput!) { whole(input: $input) }';
/** The second run of a document compiles it; what is refused must be refused alike in all. */
const RUNS = 3;

describe('arguments', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [EchoModule] }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterAll(() => app.close());
  beforeEach(() => {
    received.length = 0;
  });

  async function ask(
    query: string,
    variables?: unknown,
  ): Promise<{ status: number; text: string; messages: string[] }> {
    const payload = { query, variables } as object;
    const response = await app.inject({ method: 'POST', url: '/graphql', payload });
    const { errors = [] } = response.json<{ errors?: { message: string; extensions: { code: string } }[] }>();
    for (const { extensions } of errors) expect(extensions.code).toBe('VALIDATION_FAILED');
    return { status: response.statusCode, text: response.body, messages: errors.map(({ message }) => message) };
  }

  it.each([
    ['a NUL in an id', PLAIN, { id: `x${NUL}` }],
    ['an escape character in a text', PLAIN, { id: 'x', text: '\u001b[2J' }],
    ['half of a surrogate pair', PLAIN, { id: 'x', text: 'a\ud800' }],
    ['a control character of C1', PLAIN, { id: 'x', text: '\u0085' }],
    ['a NUL inside of an input', WHOLE, { input: { text: 'x', parts: [{ number: 1, note: NUL }] } }],
    ['a NUL in the name of a member', WHOLE, { input: { text: 'x', parts: [], [NUL]: 1 } }],
    ['an escaped NUL in the document', '{ plain(id: "x\\u0000") }', undefined],
    ['a NUL as it is in the document', `{ plain(id: "x${NUL}") }`, undefined],
    ['a NUL in a block of the document', `{ plain(id: """x${NUL}""") }`, undefined],
    ['a NUL in an input in the document', '{ whole(input: { text: "\\u0000", parts: [] }) }', undefined],
  ])('refuses %s before a resolver sees it', async (_, query, variables) => {
    for (let run = 1; run <= RUNS; run++) {
      const { status, messages } = await ask(query, variables);
      expect(status).toBe(400);
      expect(messages).toEqual([expect.stringMatching(/control character/)]);
    }
    expect(received).toEqual([]);
  });

  it('takes every other character, and the ends of lines', async () => {
    const text = 'Zeile eins\r\n\tZeile zwei – 😀 \u00a0';
    await expect(ask(PLAIN, { id: 'x', text })).resolves.toMatchObject({ status: 200, messages: [] });
    expect(received).toEqual(['x', text]);
  });

  it('looks into a body as deep as it can be', async () => {
    const depth = 60_000;
    const body = `{"query":"${PLAIN}","variables":{"id":"x","a":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
    const headers = { 'content-type': 'application/json' };
    const answer = await app.inject({ method: 'POST', url: '/graphql', headers, payload: body });
    expect(answer.statusCode).toBe(200);
    expect(holdsPlainText(JSON.parse(`${'['.repeat(depth)}"\\u0000"${']'.repeat(depth)}`))).toBe(false);
    expect(isPlainText('')).toBe(true);
  });

  it('refuses control characters inside of opaque ids and cursors', () => {
    const hidden = base64url.encode(utf8(`Thing:${NUL}`));
    for (const id of [NUL, `${hidden}${NUL}`, hidden]) {
      expect(() => fromGlobalId('Thing', id)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    }
    const after = base64url.encode(utf8(JSON.stringify([NUL])));
    const args: PageArgs = { first: 1, after };
    expect(() => pageOf(args)).toThrow(expect.objectContaining({ code: 'PAGE_INVALID' }));
  });

  it.each(['22021', '22P05'])('takes a NUL that only PostgreSQL finds (%s) for a refusal', (code) => {
    const found = Object.assign(new Error('invalid byte sequence for encoding "UTF8": 0x00'), { code });
    expect(present(found)).toMatchObject({ code: 'VALIDATION_FAILED', internal: false, status: 400 });
    expect(present(found).message).not.toContain('0x00');
  });

  const SECRET = 'Amina Yusuf';
  const parts = [{ number: SECRET }];
  it.each([
    ['a text for a number', WHOLE, { input: { text: 'x', parts } }, 'input.parts[0].number is no Int'],
    ['a number for a text', WHOLE, { input: { text: 4711, parts: [] } }, 'input.text is no String'],
    ['null', WHOLE, { input: { text: null, parts: [] } }, 'input.text is no String!'],
    ['a text for an input', WHOLE, { input: SECRET }, 'input is no WholeInput'],
    ['a missing member', WHOLE, { input: { text: SECRET } }, 'input lacks parts: [PartInput!]!'],
    [
      'a member too many',
      WHOLE,
      { input: { text: 'x', parts: [], [SECRET]: 1 } },
      'has a field that WholeInput does not',
    ],
    ['an object for a text', PLAIN, { id: 'x', text: { name: SECRET } }, 'text is no String'],
    ['a value that looks like an error', PLAIN, { id: { [`x" at "id.${SECRET}"; Expected`]: 1 } }, 'id is no ID'],
  ])('says where %s does not fit, and not what was sent', async (_, query, variables, place) => {
    for (let run = 1; run <= RUNS; run++) {
      const { status, text, messages } = await ask(`${query} # ${place}`, variables);
      expect(status).toBe(400);
      expect(messages).toEqual([expect.stringContaining(place)]);
      expect(text).not.toMatch(/Amina|Yusuf|4711/);
    }
    expect(received).toEqual([]);
  });

  it('says the same of a document that is being compiled', async () => {
    const query = `${WHOLE} # compiled by its second run`;
    await ask(query, { input: { text: 'x', parts: [] } });
    for (let run = 2; run <= RUNS; run++) {
      const { messages, text } = await ask(query, { input: { text: 'x', parts } });
      expect(messages).toEqual(['Variables: input.parts[0].number is no Int!.']);
      expect(text).not.toContain('Amina');
    }
  });

  it('names the first places of many', async () => {
    const { messages, text } = await ask(WHOLE, { input: { text: 'x', parts: Array(1_000).fill(parts[0]) } });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain('input.parts[4].number');
    expect(messages[0]).not.toContain('input.parts[5]');
    expect(text).not.toContain('Amina');
  });
});
