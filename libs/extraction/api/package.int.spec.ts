import { createHash } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { MarketplaceApiModule } from '@aceso/marketplace/api';
import { PlatformModule } from '@aceso/platform';
import { EdgeModule, toGlobalId, TokenVerifier, type Actor } from '@aceso/platform/graphql';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from '../testing';
import { ExtractionApiModule } from '.';

jest.setTimeout(180_000);

const tokens = new Map<string, Actor>();

@Global()
@Module({
  providers: [{ provide: TokenVerifier, useValue: { verify: async (token: string) => tokens.get(token) ?? null } }],
  exports: [TokenVerifier],
})
class TokensModule {}

describe('an order over HTTP', () => {
  let kit: ExtractionKit;
  let app: NestFastifyApplication;
  let persons: Contributor[];
  let sale: FundedSale;
  beforeAll(async () => {
    kit = await openExtractionKit();
    const provider = await kit.market.consent.identity.member('provider');
    persons = await kit.contributors(provider, 12);
    const { config, roleUrls, logger } = kit.test;
    const built = await Test.createTestingModule({
      imports: [
        PlatformModule.forProcess({ process: 'api', config, roleUrls, logger }),
        EdgeModule.forRoot({ logger, introspection: true, oncePerDocument: [] }),
        TokensModule,
        MarketplaceApiModule,
        ExtractionApiModule,
      ],
    }).compile();
    app = built.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    sale = await kit.sale(persons);
    tokens.set('buyer', sale.buyer.actor);
    tokens.set('other', (await kit.market.consent.identity.member('researcher')).actor);
    tokens.set('patient', persons[0]!.actor);
  }, 180_000);
  afterAll(async () => {
    await app.close();
    await kit.test.close();
  });

  const order = async (token: string): Promise<Record<string, never>> => {
    const query = `query($id: ID!) { order(id: $id) { state progress { stage done total } package { fileName bytes sha256 downloadUrl } } }`;
    const answer = await app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      payload: { query, variables: { id: toGlobalId('Order', sale.orderId) } },
    });
    return answer.json();
  };
  const fetches = async (): Promise<number> =>
    Number((await kit.test.ownerQuery<{ n: string }>('select count(*) as n from extraction.fetch'))[0]?.n);
  const get = (token: string, headers: Record<string, string> = {}) =>
    app.inject({
      url: `/orders/${toGlobalId('Order', sale.orderId)}/package`,
      headers: { authorization: `Bearer ${token}`, ...headers },
    });

  it('shows stages without a number of persons, then the package', async () => {
    expect(await order('buyer')).toMatchObject({ data: { order: { state: 'FUNDED', progress: null, package: null } } });
    expect((await get('buyer')).statusCode).toBe(404);
    await kit.emit(sale.orderId);
    expect(await order('buyer')).toMatchObject({
      data: { order: { state: 'EXTRACTING', progress: { stage: 'EXTRACTING', done: 100, total: 100 } } },
    });
    await kit.run(sale.orderId);
    expect((await get('buyer')).json()).toMatchObject({ error: { code: 'PACKAGE_RENEWING' } });
    await kit.deliver(sale.orderId);
    expect(await order('buyer')).toMatchObject({
      data: {
        order: {
          state: 'DELIVERED',
          progress: { stage: 'READY' },
          package: { fileName: expect.stringMatching(/^package-.*\.age$/) },
        },
      },
    });
  });

  it('answers HEAD with headers, and counts nothing as fetched by it', async () => {
    const url = `/orders/${toGlobalId('Order', sale.orderId)}/package`;
    const head = (token: string, headers: Record<string, string> = {}) =>
      app.inject({ method: 'HEAD', url, headers: { authorization: `Bearer ${token}`, ...headers } });
    const answer = await head('buyer', { range: 'bytes=0-0' });
    const file = await kit.watch.package(sale.buyer.actor.partyId, sale.orderId);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({ 'content-length': String(file?.bytes), etag: `"${file?.sha256}"` });
    expect(answer.rawPayload).toHaveLength(0);
    expect(await fetches()).toBe(0);
    expect((await head('other')).statusCode).toBe(404);
    expect((await head('patient')).statusCode).toBe(403);
  });

  it('makes the package anew when somebody revokes before its first byte, and not after it', async () => {
    const url = `/orders/${toGlobalId('Order', sale.orderId)}/package`;
    const looked = await app.inject({ method: 'HEAD', url, headers: { authorization: 'Bearer buyer' } });
    await kit.revoke(persons[0]!);
    const refused = await get('buyer');
    expect([refused.statusCode, refused.json()]).toMatchObject([409, { error: { code: 'PACKAGE_RENEWING' } }]);
    expect(await fetches()).toBe(0);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    const first = await get('buyer', { range: 'bytes=1-', 'if-range': String(looked.headers['etag']) });
    expect(first.statusCode).toBe(200);
    expect(first.headers['etag']).not.toBe(looked.headers['etag']);
    await kit.revoke(persons[1]!);
    const again = await get('buyer');
    expect([again.statusCode, again.headers['etag']]).toEqual([200, first.headers['etag']]);
  });

  it('gives the file to its buyer whole and in parts, and to nobody else', async () => {
    const whole = await get('buyer');
    expect(whole.statusCode).toBe(200);
    const sha256 = createHash('sha256').update(whole.rawPayload).digest('hex');
    expect(whole.headers).toMatchObject({ 'accept-ranges': 'bytes', etag: `"${sha256}"`, 'cache-control': 'no-store' });
    const part = await get('buyer', { range: 'bytes=10-', 'if-range': `"${sha256}"` });
    expect(part.statusCode).toBe(206);
    expect(part.headers['content-range']).toBe(`bytes 10-${whole.rawPayload.length - 1}/${whole.rawPayload.length}`);
    expect(part.rawPayload.equals(whole.rawPayload.subarray(10))).toBe(true);
    for (const range of ['bytes=99999999-', 'bytes=10-19'])
      expect((await get('buyer', { range })).statusCode).toBe(416);
    expect((await get('other')).statusCode).toBe(404);
    expect((await get('patient')).statusCode).toBe(403);
    expect((await app.inject({ url: `/orders/${toGlobalId('Order', sale.orderId)}/package` })).statusCode).toBe(401);
    expect(await order('other')).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
  });
});
