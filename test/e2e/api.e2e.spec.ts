import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { encodeDidKey, signStatement, statementText } from '@aceso/kernel';
import { ed25519PublicKey, ed25519Signer } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { createApi } from '../../apps/api/src/api';

const seed = Buffer.alloc(32, 7);
const did = encodeDidKey(ed25519PublicKey(seed));

describe('the api over HTTP', () => {
  let platform: TestDatabase;
  let demo: NestFastifyApplication;
  let plain: NestFastifyApplication;

  beforeAll(async () => {
    platform = await startTestDatabase();
    const { config, logger, roleUrls } = platform;
    const { api, vault, index } = roleUrls;
    const context = { process: 'api', logger, roleUrls: { api, vault, index } } as const;
    demo = await createApi({ ...context, config: { ...config, demo: true } });
    plain = await createApi({ ...context, config });
    for (const app of [demo, plain]) {
      await app.init();
      await app.getHttpAdapter().getInstance().ready();
    }
  }, 120_000);

  afterAll(async () => {
    await demo.close();
    await plain.close();
    await platform.close();
  });

  const get = (url: string, app = plain) => app.inject({ url });

  async function ask(query: string, variables: object = {}, token?: string) {
    const response = await plain.inject({
      method: 'POST',
      url: '/graphql',
      headers: token ? { authorization: `Bearer ${token}` } : {},
      payload: { query, variables },
    });
    return response.json<{ data: Record<string, unknown> | null; errors?: { extensions: { code: string } }[] }>();
  }

  it('says that it lives and that it can work', async () => {
    expect((await get('/healthz')).json()).toEqual({ status: 'ok' });
    const ready = await get('/readyz');
    expect([ready.statusCode, ready.json()]).toMatchObject([200, { ready: true }]);
  });

  it.each([
    ['/', 'text/html', 'by consent'],
    ['/assets/home.css', 'text/css', '--brand'],
    ['/assets/home.js', 'text/javascript', 'personas'],
    ['/graphiql', 'text/html', '/assets/console.js'],
    ['/graphiql/main.js', 'text/javascript', ''],
    ['/graphiql/assets/i18n/en-US.json', 'application/json', 'Send a request'],
    ['/schema.graphql', 'text/plain', 'type Query'],
    ['/docs/errors.md', 'text/markdown', 'UNAUTHENTICATED'],
  ])('serves %s itself, under a policy that names no other host', async (url, type, part) => {
    const page = await get(url);
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, expect.stringContaining(type)]);
    expect(page.body).toContain(part);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    const again = await plain.inject({ url, headers: { 'if-none-match': String(page.headers.etag) } });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  it('loads nothing from elsewhere on its own pages', async () => {
    for (const url of [
      '/',
      '/graphiql',
      '/assets/home.css',
      '/assets/home.js',
      '/assets/console.js',
      '/assets/login.js',
    ]) {
      expect((await get(url)).body).not.toMatch(/(src|href|url\(|from|import\()\s*=?\s*["'(]?(https?:)?\/\//);
    }
  });

  it.each([
    '/assets/..%2findex.html',
    '/docs/..%2f..%2fpackage.json',
    '/graphiql/..%2f..%2fpackage.json',
    '/assets/none',
    '/x',
  ])('knows no file outside of its lists: %s', async (url) => {
    const page = await get(url);
    expect([page.statusCode, page.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }]);
  });

  it('shows personas in demo mode only', async () => {
    const persona = { name: 'Amina', role: 'patient', did, seed: seed.toString('base64url') };
    expect((await get('/personas.json', demo)).statusCode).toBe(404);
    writeFileSync(join(platform.config.home, 'personas.json'), JSON.stringify([persona]));
    expect((await get('/personas.json', demo)).json()).toEqual([persona]);
    expect((await get('/personas.json')).statusCode).toBe(404);
  });

  it('knows a registered party by its token, over GraphQL and REST', async () => {
    const origin = platform.config.origin;
    const now = Math.floor(platform.runtime.now() / 1000);
    const sign = (typ: string, claims: object): string => {
      const payload = {
        jti: platform.runtime.uuid(),
        aud: origin,
        iat: now,
        exp: now + 120,
        signer: did,
        authority: 'self',
        ...claims,
      };
      return statementText(signStatement({ typ, kid: did, payload }, ed25519Signer(seed)));
    };
    await ask('mutation($s: String!) { register(statement: $s) { id } }', {
      s: sign('aceso/registration/v1', { role: 'patient' }),
    });
    const jwk = { crv: 'Ed25519', kty: 'OKP', x: Buffer.from(ed25519PublicKey(seed)).toString('base64url') };
    const digest = await crypto.subtle.digest('SHA-256', Buffer.from(JSON.stringify(jwk)));
    const asked = await ask('{ loginNonce { nonce } }');
    const { nonce } = asked.data?.['loginNonce'] as { nonce: string };
    const cnf = { jkt: Buffer.from(digest).toString('base64url') };
    const { data } = await ask('mutation($s: String!) { login(statement: $s) { token } }', {
      s: sign('aceso/login/v1', { cnf, tokenType: 'Bearer', nonce }),
    });
    const { token } = data?.['login'] as { token: string };
    await expect(ask('{ me { did role } }', {}, token)).resolves.toEqual({ data: { me: { did, role: 'PATIENT' } } });
    await expect(ask('{ requestsToReview { edges { cursor } } }', {}, token)).resolves.toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    await expect(ask('{ me { did } }', {}, `${token.slice(0, -8)}xxxxxxxx`)).resolves.toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    const upload = await plain.inject({
      method: 'PUT',
      url: '/uploads/none',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
      payload: 'bytes',
    });
    expect([upload.statusCode, upload.json()]).toMatchObject([403, { error: { code: 'FORBIDDEN' } }]);
  });
});
