import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { VISA_ASSERTED_SECONDS_MAX, VISA_BYTES_MAX, VISA_CLOCK_SKEW_SECONDS } from './domain';
import { readIssuers, VisaVerifier } from './visa-verifier';

const NOW = 1_800_000_000;
const ISSUER = 'https://login.example.org';
const OTHER = 'https://other.example.org';
const JKU = `${ISSUER}/jwks`;
const person = { issuer: ISSUER, subject: 'ana' };
const grant = {
  type: 'ControlledAccessGrants',
  asserted: NOW - 1_000,
  value: 'https://example.org/datasets/710',
  source: 'https://grid.ac/institutes/grid.0000.0a',
  by: 'dac',
};
type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
let ec: Keys;
let rsa: Keys;
let stranger: Keys;
let verifier: VisaVerifier;

beforeAll(async () => {
  [ec, rsa, stranger] = await Promise.all([
    generateKeyPair('ES256'),
    generateKeyPair('RS256'),
    generateKeyPair('ES256'),
  ]);
  const jwk = async ({ publicKey }: Keys, kid: string) => ({ ...(await exportJWK(publicKey)), kid }) as { kid: string };
  const issuers = [
    { issuer: ISSUER, jku: JKU, keys: [await jwk(ec, 'e'), await jwk(rsa, 'r')] },
    { issuer: OTHER, jku: `${OTHER}/jwks`, keys: [await jwk(ec, 'e')] },
  ];
  verifier = new VisaVerifier(readIssuers(JSON.stringify(issuers)));
});

interface Made {
  readonly claims?: JWTPayload;
  readonly visa?: object;
  readonly header?: object;
  readonly key?: Keys['privateKey'];
}

const make = ({ claims = {}, visa = {}, header = {}, key = ec.privateKey }: Made = {}): Promise<string> =>
  new SignJWT({
    ...{ iss: ISSUER, sub: 'ana', jti: '1', iat: NOW - 100, exp: NOW + 3_600 },
    ga4gh_visa_v1: { ...grant, ...visa },
    ...claims,
  })
    .setProtectedHeader({ typ: 'vnd.ga4gh.visa+jwt', alg: 'ES256', kid: 'e', jku: JKU, ...header })
    .sign(key);
const verify = (...texts: string[]) =>
  verifier.verify(texts, { person, now: NOW, assertedSecondsMax: VISA_ASSERTED_SECONDS_MAX });
const refused = async (made: Made, code: string) =>
  expect(verify(await make(made))).rejects.toThrow(expect.objectContaining({ code }));

it('reads a grant of either algorithm, and counts it no longer than its assertion', async () => {
  const rs = await make({ header: { alg: 'RS256', kid: 'r', typ: 'JWT' }, key: rsa.privateKey });
  expect(await verify(await make(), rs)).toMatchObject([
    {
      type: 'ControlledAccessGrants',
      value: grant.value,
      by: 'dac',
      until: NOW + 3_600,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
    { subject: 'ana' },
  ]);
  const asserted = NOW - VISA_ASSERTED_SECONDS_MAX + 60;
  expect(await verify(await make({ visa: { asserted } }))).toMatchObject([{ until: NOW + 60 }]);
});

it.each<[string, Made, string]>([
  ['expired', { claims: { exp: NOW } }, 'VISA_EXPIRED'],
  ['asserted too long ago', { visa: { asserted: NOW - VISA_ASSERTED_SECONDS_MAX } }, 'VISA_ASSERTED_TOO_OLD'],
  ['of the future', { claims: { iat: NOW + VISA_CLOCK_SKEW_SECONDS + 1 } }, 'VISA_NOT_YET_VALID'],
  ['asserted in the future', { visa: { asserted: NOW + VISA_CLOCK_SKEW_SECONDS + 1 } }, 'VISA_NOT_YET_VALID'],
  ['of an unknown issuer', { claims: { iss: 'https://evil.example.org' } }, 'VISA_ISSUER_UNKNOWN'],
  ['with keys elsewhere', { header: { jku: 'https://evil.example.org/jwks' } }, 'VISA_ISSUER_UNKNOWN'],
  ['of an unknown type', { visa: { type: 'Hat' } }, 'VISA_WRONG_KIND'],
  ['an access token by its typ', { header: { typ: 'at+jwt' } }, 'VISA_WRONG_KIND'],
  ['an access token by its scope', { claims: { scope: 'openid ga4gh_passport_v1' } }, 'VISA_WRONG_KIND'],
  ['a grant by nobody', { visa: { by: undefined } }, 'VISA_MALFORMED'],
  ['without an assertion time', { visa: { asserted: undefined } }, 'VISA_MALFORMED'],
  [
    'with conditions',
    { visa: { conditions: [[{ type: 'AffiliationAndRole', value: 'const:x' }]] } },
    'VISA_CONDITIONAL',
  ],
  ['about somebody else', { claims: { sub: 'bob' } }, 'VISA_OTHER_SUBJECT'],
  ['of the same name elsewhere', { claims: { iss: OTHER }, header: { jku: `${OTHER}/jwks` } }, 'VISA_OTHER_SUBJECT'],
])('refuses a visa %s', (_, made, code) => refused(made, code));

it('refuses another key, an altered text, another algorithm and what is no visa', async () => {
  await refused({ key: stranger.privateKey }, 'VISA_SIGNATURE_INVALID');
  const [header, payload, signature] = (await make()).split('.') as [string, string, string];
  const claims = Buffer.from(payload, 'base64url').toString().replace('datasets/710', 'datasets/711');
  const altered = [header, Buffer.from(claims).toString('base64url'), signature].join('.');
  await expect(verify(altered)).rejects.toThrow(expect.objectContaining({ code: 'VISA_SIGNATURE_INVALID' }));
  const none = Buffer.from('{"typ":"JWT","alg":"none"}').toString('base64url');
  await expect(verify(`${none}.${payload}.`)).rejects.toThrow(
    expect.objectContaining({ code: 'VISA_ALGORITHM_REFUSED' }),
  );
  for (const text of ['', 'a.b.c', 'x'.repeat(VISA_BYTES_MAX + 1)]) {
    await expect(verify(text)).rejects.toThrow(expect.objectContaining({ code: 'VISA_MALFORMED' }));
  }
});

it('reads visas of another name of the person where a trusted issuer links the two', async () => {
  const elsewhere = await make({ claims: { iss: OTHER, sub: '10' }, header: { jku: `${OTHER}/jwks` } });
  const value = `10,${encodeURIComponent(OTHER)};7,${encodeURIComponent('https://third.example.org')}`;
  const link = await make({ visa: { type: 'LinkedIdentities', value } });
  expect(await verify(elsewhere, link)).toHaveLength(2);
  await expect(verify(elsewhere)).rejects.toThrow(expect.objectContaining({ code: 'VISA_OTHER_SUBJECT' }));
  const foreign = await make({ claims: { sub: 'bob' }, visa: { type: 'LinkedIdentities', value } });
  await expect(verify(elsewhere, foreign)).rejects.toThrow(expect.objectContaining({ code: 'VISA_OTHER_SUBJECT' }));
});

it.each([
  ['no JSON', '{'],
  [
    'an issuer without TLS',
    JSON.stringify([{ issuer: 'http://a.example', jku: JKU, keys: [{ kty: 'EC', kid: 'e' }] }]),
  ],
  ['a private key', JSON.stringify([{ issuer: ISSUER, jku: JKU, keys: [{ kty: 'EC', kid: 'e', d: 'x' }] }])],
  ['a symmetric key', JSON.stringify([{ issuer: ISSUER, jku: JKU, keys: [{ kty: 'oct', kid: 'e' }] }])],
])('refuses a file of issuers with %s', (_, text) => {
  expect(() => readIssuers(text)).toThrow(expect.objectContaining({ code: 'VISA_ISSUERS_INVALID' }));
});
