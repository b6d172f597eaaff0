import { createPublicKey, randomUUID, verify, type JsonWebKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT, type JSONWebKeySet } from 'jose';
import { asId, type OrderId } from '@aceso/kernel';
import type { Member } from '@aceso/identity/testing';
import { Runtime } from '@aceso/platform';
import { VISA_ASSERTED_SECONDS_MAX, VISA_LIFETIME_SECONDS, VISAS_LIVE_MAX } from './domain';
import { openMarketplaceKit, type MarketplaceKit } from './testing';
import { evidenceHash, VisaEvidence, VISAS_A_REQUEST_MAX } from './visa-evidence';
import { VisaIssuerService, type VisaWish } from './visa-issuer';
import { VisaKeys } from './visa-keys';
import { VisaVerifier } from './visa-verifier';

const ISSUER = 'https://data.example.org';
const STATUS: VisaWish = { type: 'ResearcherStatus' };
const refusal = (code: string) => expect.objectContaining({ code });

let kit: MarketplaceKit;
let center: Member;
let officer: Member;
let aheadMs = 0;
let keys: VisaKeys;
let issuer: VisaIssuerService;

beforeAll(async () => {
  kit = await openMarketplaceKit();
  const { identity } = kit.consent;
  const { database, custody } = kit.test;
  const runtime = new Runtime({ clock: () => Date.now() + aheadMs });
  const { audit, ledger } = identity.logs;
  keys = new VisaKeys(database, custody, runtime);
  issuer = new VisaIssuerService(keys, identity.affiliations, audit, ledger, runtime, { publicUrl: ISSUER });
  officer = await identity.member('officer');
}, 120_000);
afterAll(() => kit.test.close());
beforeEach(async () => {
  aheadMs = 0;
  center = await kit.consent.identity.member('researcher');
});

const issue = (wish: VisaWish, by = center) => kit.api((tx) => issuer.issue(tx, by.actor, wish));
const now = () => Math.floor((Date.now() + aheadMs) / 1000);
/** As somebody does who has our key set and trusts us. */
async function verified(text: string, subject = center.actor.partyId) {
  const { keys: known } = JSON.parse(JSON.stringify(await keys.keySet())) as { keys: object[] };
  const verifier = new VisaVerifier([{ issuer: ISSUER, jku: `${ISSUER}/visas/jwks.json`, keys: known }]);
  const question = { now: now(), assertedSecondsMax: VISA_ASSERTED_SECONDS_MAX };
  return verifier.verify([text], { person: { issuer: ISSUER, subject }, ...question });
}

/** An order of the center whose package can be fetched, until a day from now. */
async function delivered(buyer = center, endsInDays = 30): Promise<OrderId> {
  const orderId = asId<'Order'>(randomUUID());
  const sent = await kit.submit(buyer);
  await kit.test.ownerQuery(`do $$ begin
    set local session_replication_role = replica;
    insert into marketplace."order" (id, request_id, version, buyer_id, state, persons_max, unit_minor, currency, escrow_minor)
      values ('${orderId}', '${sent.requestId}', 1, '${buyer.actor.partyId}', 'delivered', 15, 500, 'EUR', 7500);
    insert into extraction.sale_key (id, order_id, wrapped, epoch, destroy_on)
      values (gen_random_uuid(), '${orderId}', '\\x00', 1, current_date + ${endsInDays});
    insert into extraction.package (id, order_id, edition, attempt_id, state, folder, manifest_sha256, entry_id, sha256, bytes,
                                    blob_key, ready_at)
      values (gen_random_uuid(), '${orderId}', 1, gen_random_uuid(), 'ready', 'f', repeat('a', 64), gen_random_uuid(),
              repeat('b', 64), 1, 'k', now());
  end $$`);
  return orderId;
}

const suspend = ({ actor }: Member) =>
  kit.test.ownerQuery(
    `insert into identity.licence_step (party_id, number, state, at, doer, reason)
     values ($1, 2, 'suspended', now(), 'operator', 'inquiry')`,
    [actor.partyId],
  );

describe('a visa of this instance', () => {
  it('is read by our verifier and by an independent one, of every type', async () => {
    const { identity } = kit.consent;
    const clinic = await identity.member('provider');
    const parties = [center.actor.partyId, clinic.actor.partyId] as const;
    await kit.api((tx) => identity.affiliations.declare(tx, officer.actor, parties));
    const orderId = await delivered();
    const wishes: VisaWish[] = [
      STATUS,
      { type: 'AffiliationAndRole', affiliate: clinic.actor.partyId },
      { type: 'ControlledAccessGrants', orderId },
    ];
    for (const wish of wishes) {
      const { text, id, expiresAt } = await issue(wish);
      expect(await verified(text)).toMatchObject([{ type: wish.type, source: ISSUER }]);
      const keySet = createLocalJWKSet((await keys.keySet()) as JSONWebKeySet);
      const { payload, protectedHeader } = await jwtVerify(text, keySet, {
        issuer: ISSUER,
        subject: center.actor.partyId,
        algorithms: ['ES256'],
        typ: 'vnd.ga4gh.visa+jwt',
      });
      expect(payload).toMatchObject({ jti: id, exp: expiresAt.getTime() / 1000 });
      expect(payload.exp! - payload.iat!).toBeLessThanOrEqual(VISA_LIFETIME_SECONDS);
      const [key] = (await keys.keySet()).keys;
      const [header, claims, signature] = text.split('.') as [string, string, string];
      const publicKey = createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
      const signed = Buffer.from(`${header}.${claims}`);
      const form = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const; // RFC 7518 section 3.4
      expect(verify('sha256', signed, form, Buffer.from(signature, 'base64url'))).toBe(true);
      expect(protectedHeader).toMatchObject({ jku: `${ISSUER}/visas/jwks.json` });
    }
  });

  it('leaves an access event, a ledger entry and a row, and its text nowhere', async () => {
    const { text, id } = await issue(STATUS);
    const rows = await kit.test.ownerQuery<{ text: string }>(
      `select e::text || v::text as text from marketplace.visa v join audit.access_event e on e.id = v.access_event_id
        where v.id = $1 and e.act = 'visa.issued' and e.actor_id = v.party_id`,
      [id],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.text).not.toContain(text.split('.')[2]);
    const entries = await kit.test.ownerQuery('select from ledger.pending where subject_id = $1', [
      center.actor.partyId,
    ]);
    expect(entries.length).toBeGreaterThan(0);
  });

  it('is not issued to a party that was stopped, and what was issued before ends by itself', async () => {
    const { text } = await issue(STATUS);
    await suspend(center);
    await expect(issue(STATUS)).rejects.toEqual(refusal('PARTY_NOT_ACTIVE'));
    expect(await verified(text)).toHaveLength(1);
    aheadMs = (VISA_LIFETIME_SECONDS + 1) * 1000;
    await expect(verified(text)).rejects.toEqual(refusal('VISA_EXPIRED'));
  });

  it('is not issued for what is not so: no affiliation, one that ended, an order of another, a permit that is over', async () => {
    const { affiliations, member } = { affiliations: kit.consent.identity.affiliations, member: center.actor.partyId };
    const clinic = await kit.consent.identity.member('provider');
    const wish: VisaWish = { type: 'AffiliationAndRole', affiliate: clinic.actor.partyId };
    await expect(issue(wish)).rejects.toEqual(refusal('VISA_NOT_DUE'));
    const parties = [member, clinic.actor.partyId] as const;
    await kit.api((tx) => affiliations.declare(tx, officer.actor, parties));
    await issue(wish);
    await kit.api((tx) => affiliations.end(tx, officer.actor, parties));
    await expect(issue(wish)).rejects.toEqual(refusal('VISA_NOT_DUE'));
    const orders = [await delivered(officer), await delivered(center, 0), asId<'Order'>(randomUUID())];
    for (const orderId of orders) {
      await expect(issue({ type: 'ControlledAccessGrants', orderId })).rejects.toEqual(refusal('VISA_NOT_DUE'));
    }
  });

  it('is limited in number, also when many are asked for at once', async () => {
    await kit.test.ownerQuery(
      `do $$ begin set local session_replication_role = replica;
        insert into marketplace.visa (id, party_id, type, kid, asserted_at, issued_at, expires_at, access_event_id)
        select gen_random_uuid(), '${center.actor.partyId}', 'ResearcherStatus', repeat('k', 43), now(), now(),
               now() + interval '30 minutes', gen_random_uuid() from generate_series(1, ${VISAS_LIVE_MAX - 2}); end $$`,
    );
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => issue(STATUS)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    for (const each of asked)
      if (each.status === 'rejected') expect(each.reason).toEqual(refusal('VISA_LIMIT_REACHED'));
  });

  it('is refused by the database where the program would say what is not so', async () => {
    const insert = (change: Record<string, string>) =>
      kit.api(async (tx) => {
        await tx.actAs(center.actor.partyId);
        const { kid } = await keys.current();
        const event = await kit.consent.identity.logs.audit.record(tx, {
          act: 'visa.issued',
          actorId: center.actor.partyId,
          outcome: 'permitted',
        });
        const row = {
          type: `'ResearcherStatus'`,
          order_id: 'null',
          issued_at: 'now()',
          expires_at: `now() + interval '9 minutes'`,
          ...change,
        };
        await tx.execute(
          `insert into marketplace.visa (id, party_id, kid, asserted_at, access_event_id, ${Object.keys(row).join(', ')})
           values ($1, $2, $3, now() - interval '1 second', $4, ${Object.values(row).join(', ')})`,
          [randomUUID(), center.actor.partyId, kid, event],
        );
      });
    await issue(STATUS);
    await expect(insert({})).resolves.toBeUndefined();
    const foreign = await delivered(officer);
    await expect(insert({ type: `'ControlledAccessGrants'`, order_id: `'${foreign}'` })).rejects.toMatchObject({
      constraint: 'visa_said',
    });
    await expect(
      insert({ issued_at: `now() + interval '1 day'`, expires_at: `now() + interval '1 day 1 minute'` }),
    ).rejects.toMatchObject({ constraint: 'visa_said' });
    await expect(insert({ expires_at: `now() + interval '2 hours'` })).rejects.toMatchObject({
      constraint: 'visa_times',
    });
    await suspend(center);
    await expect(insert({})).rejects.toMatchObject({ constraint: 'party_active' });
  });
});

describe('visas of others, handed in with a request', () => {
  const TRUSTED = 'https://login.example.org';
  let sign: (claims?: object, visa?: object) => Promise<string>;

  beforeAll(async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const file = join(kit.test.config.home, 'issuers.json');
    const known = [{ ...(await exportJWK(publicKey)), kid: 'k' }];
    writeFileSync(file, JSON.stringify([{ issuer: TRUSTED, jku: `${TRUSTED}/jwks`, keys: known }]));
    Object.assign(kit.evidence, { config: { visaIssuers: file } });
    sign = (claims = {}, visa = {}) =>
      new SignJWT({
        ...{ iss: TRUSTED, sub: 'ana-personal-name', iat: now(), exp: now() + 600, ...claims },
        ga4gh_visa_v1: {
          ...{ type: 'ResearcherStatus', asserted: now() - 60, value: 'https://example.org/bona-fide' },
          ...{ source: 'https://example.org', by: 'so', ...visa },
        },
      })
        .setProtectedHeader({ typ: 'vnd.ga4gh.visa+jwt', alg: 'ES256', kid: 'k' })
        .sign(privateKey);
  });

  const submit = (visas: string[], by = center) => kit.submit(by, { visas });
  const shown = (actor: Member, sent: { requestId: Parameters<MarketplaceKit['catalogue']['read']>[2] }) =>
    kit.api(async (tx) => (await kit.catalogue.read(tx, actor.actor, sent.requestId)).visas);

  it('are shown to the officer and the center as they were verified, without text and name', async () => {
    const text = await sign();
    const sent = await submit([text, await sign({}, { type: 'AcceptedTermsAndPolicies', by: undefined })]);
    const visas = await shown(officer, sent);
    expect(visas).toMatchObject([
      { issuer: TRUSTED, type: 'ResearcherStatus', value: 'https://example.org/bona-fide', by: 'so' },
      { type: 'AcceptedTermsAndPolicies', by: null },
    ]);
    expect(await shown(center, sent)).toEqual(visas);
    const everything = JSON.stringify(
      await kit.test.ownerQuery(
        `select e::text || coalesce((select string_agg(v::text, '') from marketplace.request_visa v), '') as text
           from audit.access_event e where e.object_id = $1`,
        [sent.requestId],
      ),
    );
    expect(everything).not.toContain('ana-personal-name');
    expect(everything).not.toContain(text.split('.')[2]);
  });

  it('stand in the ledger by one digest, and change nothing that patients agree to', async () => {
    const answerDeadline = Date.now() + 86_400_000;
    const text = await sign();
    const without = await kit.submit(center, { answerDeadline });
    const sent = await kit.submit(center, { answerDeadline, visas: [text] });
    expect(sent.contentHash).toBe(without.contentHash);
    const details = await kit.test.ownerQuery<{ detail: { evidence?: string } }>(
      `select detail from audit.access_event where act = 'request.submitted' and object_id = any($1) order by seq`,
      [[without.requestId, sent.requestId]],
    );
    const visas = await kit.evidence.verify([text]);
    expect(details.map(({ detail }) => detail.evidence)).toEqual([undefined, evidenceHash(visas)]);
  });

  it('join two names of a person, by a visa that is not kept', async () => {
    const linked = { type: 'LinkedIdentities', value: `bob,${encodeURIComponent(TRUSTED)}` };
    const sent = await submit([await sign(), await sign({}, linked), await sign({ sub: 'bob' })]);
    expect((await shown(officer, sent)).map(({ type }) => type)).toEqual(['ResearcherStatus', 'ResearcherStatus']);
  });

  it.each<[string, () => Promise<string[]>, string]>([
    ['expired', async () => [await sign({ exp: now() - 1 })], 'VISA_EXPIRED'],
    ['asserted too long ago', async () => [await sign({}, { asserted: 1 })], 'VISA_ASSERTED_TOO_OLD'],
    ['of two persons', async () => [await sign(), await sign({ sub: 'bob' })], 'VISA_OTHER_SUBJECT'],
    ['of who is not trusted', async () => [await sign({ iss: 'https://evil.example' })], 'VISA_ISSUER_UNKNOWN'],
    ['too many', async () => Array.from({ length: VISAS_A_REQUEST_MAX + 1 }, () => 'x'), 'VISA_TOO_MANY'],
    ['no visa', async () => ['x'], 'VISA_MALFORMED'],
  ])('are refused when %s, and nothing is sent', async (_, visas, code) => {
    const requests = () => kit.test.ownerQuery('select from marketplace.request');
    const before = await requests();
    await expect(submit(await visas())).rejects.toEqual(refusal(code));
    expect(await requests()).toHaveLength(before.length);
  });

  it('are refused where no issuer is configured', async () => {
    const evidence = new VisaEvidence(kit.test.runtime, { visaIssuers: undefined });
    await expect(evidence.verify([await sign()])).rejects.toEqual(refusal('VISA_ISSUER_UNKNOWN'));
  });

  it("are nobody else's to see", async () => {
    const sent = await submit([await sign()]);
    const stranger = await kit.consent.identity.member('researcher');
    await expect(shown(stranger, sent)).rejects.toEqual(refusal('NOT_FOUND'));
    const rows = await kit.api(async (tx) => {
      await tx.actAs(stranger.actor.partyId);
      return tx.query('select from marketplace.request_visa');
    });
    expect(rows).toEqual([]);
  });
});

it('keys turn with the epoch: old visas are verified as long as they live, and new ones by the new key', async () => {
  const { custody } = kit.test;
  const before = await issue(STATUS);
  const { kid: old } = await keys.current();
  const epoch = custody.currentEpoch;
  custody.createEpoch(epoch + 1);
  await kit.test.ownerQuery(`insert into platform.key_epoch (epoch, state) values ($1, 'alive')`, [epoch + 1]);
  const after = await issue(STATUS);
  custody.destroyEpoch(epoch);
  const kids = async () => (await keys.keySet()).keys.map(({ kid }) => kid);
  const { kid: fresh } = await keys.current();
  expect(fresh).not.toBe(old);
  expect(await kids()).toEqual([fresh, old]);
  for (const { text } of [before, after]) expect(await verified(text)).toHaveLength(1);
  aheadMs = (VISA_LIFETIME_SECONDS + 1) * 1000;
  expect(await kids()).toEqual([fresh]);
  expect(JSON.stringify(await keys.keySet())).not.toMatch(/"d":/);
});
