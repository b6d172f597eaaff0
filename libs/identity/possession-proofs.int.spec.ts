import { generateKeyPair, exportJWK, calculateJwkThumbprint, SignJWT } from 'jose';
import { PROOF_WINDOW_SECONDS } from './possession-proofs';
import { PartyTokenVerifier } from './api';
import { openIdentityKit, type IdentityKit, type Member, type TestParty } from './testing';
import { LOGIN, type ProvenRequest } from './domain';
import { base64url, utf8 } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';

let kit: IdentityKit;
let verifier: PartyTokenVerifier;
let amina: Member;
let token: string;

beforeAll(async () => {
  kit = await openIdentityKit();
  verifier = new PartyTokenVerifier(kit.test.database, kit.tokens, kit.proofs);
  amina = await kit.member('patient');
  token = await login(amina.client.login());
});
afterAll(() => kit.test.close());

async function login(text: string): Promise<string> {
  return (await kit.test.database.transaction('api', (tx) => kit.logins.login(tx, text))).token;
}

const url = () => `${kit.test.config.publicUrl}/graphql`;
const request = () => ({ token, method: 'POST', url: url() });
const use = (proof: string | undefined, changed: object = {}) => ({
  scheme: 'DPoP' as const,
  proof,
  method: 'POST',
  path: '/graphql',
  ...changed,
});
const actorOf = (proof: string | undefined, changed: object = {}) => verifier.verify(token, use(proof, changed));

describe('a token that is bound to a key', () => {
  it('names its party with a proof of that key, made for this request', async () => {
    await expect(actorOf(amina.client.authorize(request()).dpop)).resolves.toMatchObject(amina.actor);
    const local = { ...request(), url: `http://127.0.0.1:${kit.test.config.port}/graphql?query=%7Bme%7D` };
    await expect(actorOf(amina.client.authorize(local).dpop)).resolves.toMatchObject(amina.actor);
  });

  const seconds = () => Math.floor(kit.runtime.now() / 1000);
  it.each<[string, () => Partial<ProvenRequest>]>([
    ['another token', () => ({ token: 'a.b.c' })],
    ['another method', () => ({ method: 'GET' })],
    ['another path', () => ({ url: `${url()}/other` })],
    ['another server', () => ({ url: 'https://evil.example/graphql' })],
    ['a time too long ago', () => ({ iat: seconds() - PROOF_WINDOW_SECONDS - 2 })],
    ['a time ahead', () => ({ iat: seconds() + PROOF_WINDOW_SECONDS + 2 })],
    ['no name of its own', () => ({ jti: '' })],
    ['too long a name', () => ({ jti: 'x'.repeat(129) })],
  ])('names nobody with a proof for %s', async (_, changes) => {
    const { dpop } = amina.client.authorize(request(), changes());
    await expect(actorOf(dpop)).resolves.toBeNull();
  });

  it('names nobody as a bearer token, without proof, with that of another key or with an altered one', async () => {
    const { dpop } = amina.client.authorize(request());
    await expect(actorOf(dpop, { scheme: 'Bearer' })).resolves.toBeNull();
    await expect(actorOf(undefined)).resolves.toBeNull();
    await expect(actorOf('x'.repeat(5000))).resolves.toBeNull();
    await expect(actorOf(kit.client().authorize(request()).dpop)).resolves.toBeNull();
    await expect(actorOf(`${dpop.slice(0, -4)}AAAA`)).resolves.toBeNull();
    await expect(actorOf(dpop, { path: '/uploads/1' })).resolves.toBeNull();
    await expect(actorOf(dpop)).resolves.toMatchObject(amina.actor);
  });

  it('is proven once, on whichever server, also by two requests at the same moment', async () => {
    const second = new PartyTokenVerifier(kit.test.database, kit.tokens, kit.proofs);
    for (let round = 0; round < 10; round += 1) {
      const { dpop } = amina.client.authorize(request());
      const answers = await Promise.all([actorOf(dpop), second.verify(token, use(dpop)), actorOf(dpop)]);
      expect(answers.filter((actor) => actor !== null)).toHaveLength(1);
      await expect(actorOf(dpop)).resolves.toBeNull();
    }
  });

  it('forgets proofs whose time is over, and keeps those in which a replay would count', async () => {
    await kit.test.ownerQuery(
      `insert into identity.used_proof select sha256(n::text::bytea), now() - interval '1 hour' from generate_series(1, 6) n`,
    );
    const count = async () => {
      const [row] = await kit.test.ownerQuery<{ old: number; fresh: number }>(
        `select count(*) filter (where expires_at < now())::int as old, count(*) filter (where expires_at > now())::int as fresh
           from identity.used_proof`,
      );
      return row!;
    };
    const before = await count();
    for (let round = 0; round < 2; round += 1) await actorOf(amina.client.authorize(request()).dpop);
    expect(await count()).toEqual({ old: 0, fresh: before.fresh + 2 });
    const read = kit.test.database.transaction('api', (tx) => tx.query('select from identity.used_proof'));
    await expect(read).rejects.toThrow('permission denied');
  });

  it('ends with the key that logged in', async () => {
    const member = await kit.member('researcher');
    const own = await login(member.client.login());
    const headers = (client: TestParty) => client.authorize({ ...request(), token: own });
    await expect(verifier.verify(own, use(headers(member.client).dpop))).resolves.not.toBeNull();
    const device = await kit.addDevice(member);
    const text = device.keyRevocation(member.client.did);
    await kit.test.database.transaction('api', (tx) => kit.keys.revoke(tx, member.actor, text));
    await expect(verifier.verify(own, use(headers(member.client).dpop))).resolves.toBeNull();
  });
});

it('takes a session key of a passkey that signs with P-256', async () => {
  const client = kit.passkeyClient();
  await kit.register(client, 'patient');
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  const own = await login(
    client.sign(LOGIN, { cnf: { jkt: await calculateJwkThumbprint(jwk) }, nonce: kit.nonces.issue().nonce }),
  );
  const ath = base64url.encode(sha256(utf8(own)));
  const proof = await new SignJWT({ htm: 'POST', htu: url(), ath, jti: 'one' })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
    .setIssuedAt()
    .sign(privateKey);
  await expect(verifier.verify(own, use(proof))).resolves.toMatchObject({ did: client.did });
});

it('asks no proof of a token that its signer wanted as a bearer token, and takes none', async () => {
  const own = await login(amina.client.login({ tokenType: 'Bearer' }));
  await expect(verifier.verify(own, use(undefined, { scheme: 'Bearer' }))).resolves.toMatchObject(amina.actor);
  const { dpop } = amina.client.authorize({ ...request(), token: own });
  await expect(verifier.verify(own, use(dpop))).resolves.toBeNull();
});
