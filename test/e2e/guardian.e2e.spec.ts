import { randomUUID } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DISCOVERY_TERMS, GRANT, PERMISSION_RULES, REVOCATION } from '@aceso/consent/domain';
import { grantContent, signStandingTerms } from '@aceso/consent/testing';
import { GUARDIAN_APPOINTMENT, PROXY_APPOINTMENT } from '@aceso/identity/domain';
import { digestOf, type Member, type TestParty } from '@aceso/identity/testing';
import { asId } from '@aceso/kernel';
import { MarketplaceKit } from '@aceso/marketplace/testing';
import { fromGlobalId, toGlobalId } from '@aceso/platform/graphql';
import { AccessKit } from '@aceso/register/testing';
import { createApi } from '../../apps/api/src/api';

/** A mother acts for her child, over HTTP with real tokens: all that her client knows comes from answers of the instance. */
let kit: AccessKit;
let market: MarketplaceKit;
let app: NestFastifyApplication;
let clinic: Member;
let child: Member;
let mother: Member;
let stranger: Member;
const tokens = new Map<Member, string>();

const born = `${new Date().getUTCFullYear() - 9}-05-01`;

beforeAll(async () => {
  kit = await AccessKit.open();
  market = new MarketplaceKit(kit.consent);
  const { identity } = kit.consent;
  const { config, logger, roleUrls } = identity.test;
  const { api, vault, index } = roleUrls;
  app = await createApi({ process: 'api', config, logger, roleUrls: { api, vault, index } });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  clinic = await identity.member('provider');
  [child, mother, stranger] = [
    await identity.member('patient'),
    await identity.member('patient'),
    await identity.member('patient'),
  ];
}, 120_000);
afterAll(async () => {
  await app?.close();
  await kit?.close();
});

async function bearer(member: Member): Promise<{ authorization: string }> {
  const query = 'mutation($s: String!) { login(statement: $s) { token } }';
  if (!tokens.has(member)) {
    const payload = { query, variables: { s: member.client.login({ tokenType: 'Bearer' }) } };
    const answer = await app.inject({ method: 'POST', url: '/graphql', payload });
    tokens.set(member, answer.json<{ data: { login: { token: string } } }>().data.login.token);
  }
  return { authorization: `Bearer ${tokens.get(member)}` };
}

/** The data, or the code of the first error. */
async function ask<Data>(member: Member, query: string, variables: object = {}): Promise<Data> {
  const headers = await bearer(member);
  const answer = await app.inject({ method: 'POST', url: '/graphql', headers, payload: { query, variables } });
  const { data, errors } = answer.json<{ data: Data; errors?: { message: string; extensions: { code: string } }[] }>();
  if (errors) throw Object.assign(new Error(errors[0]!.message), { code: errors[0]!.extensions.code });
  return data;
}

const hand = <Data>(member: Member, mutation: string, fields: string, statement: string): Promise<Data> =>
  ask<Data>(member, `mutation($s: String!) { ${mutation}(statement: $s) { ${fields} } }`, { s: statement });

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('a mother', () => {
  let ward: string;
  let client: TestParty;

  /** Goes on where the ward's chain stands, as the instance says. */
  async function continued(): Promise<TestParty> {
    const { statementHead: head } = await ask<{ statementHead: { sequence: number; digest: string | null } }>(
      mother,
      'query($ward: ID) { statementHead(ward: $ward) { sequence digest } }',
      { ward },
    );
    client.continueFrom({ sequence: head.sequence, previous: head.digest });
    return client;
  }

  it('is appointed, and binds the record of her child', async () => {
    const resources = [{ resourceType: 'Patient', id: 'c1', birthDate: born }];
    const { partyId } = clinic.actor;
    await kit.register.ingest(partyId, Buffer.from(JSON.stringify(resources[0])));
    const sourceRecord = await kit.register.sourceRecord(partyId, 'c1');
    const appointment = clinic.client.sign(GUARDIAN_APPOINTMENT, {
      ward: child.actor.partyId,
      guardian: mother.actor.partyId,
      sourceRecord,
      kind: 'parent',
      scope: 'both',
      evidence: 'document',
      document: 'f'.repeat(64),
      until: Math.floor(Date.now() / 1000) + 864_000,
    });
    await hand(clinic, 'appointGuardian', 'appointment', appointment);
    const { myGuardianships } = await ask<{
      myGuardianships: { edges: { node: { ward: string; appointment: string; kind: string; scope: string } }[] };
    }>(mother, '{ myGuardianships { edges { node { ward appointment kind scope } } } }');
    const [{ node }] = myGuardianships.edges as [(typeof myGuardianships.edges)[0]];
    expect(node).toMatchObject({ kind: 'PARENT', scope: 'BOTH', appointment: digestOf(appointment) });
    ward = node.ward;
    client = mother.client.actingFor({ guardianFor: fromGlobalId('Party', ward), evidence: node.appointment });
    const secret = randomUUID();
    const attestation = clinic.client.attestation(sourceRecord, secret);
    await hand(clinic, 'attestBinding', 'attestation', attestation);
    const binding = client.binding(sourceRecord, digestOf(attestation));
    await ask(mother, 'mutation($s: String!, $c: String!) { bind(statement: $s, code: $c) { sourceRecord } }', {
      s: binding,
      c: secret,
    });
    await kit.register.index.rebuild(child.actor.personId!);
  });

  it('lets her child be asked, sees what and for how much, declines, grants and revokes', async () => {
    const permit = (await continued()).signNext(DISCOVERY_TERMS, { discovery: 'permit' }, { lifetimeSeconds: 864_000 });
    await hand(mother, 'setDiscoveryTerms', 'discovery', permit);
    expect(await ask(mother, 'query($ward: ID) { myEligibility(ward: $ward) { eligible reason } }', { ward })).toEqual({
      myEligibility: { eligible: true, reason: null },
    });
    const buyer = await market.buyer({ amountMinor: 1_000_000n, currency: 'EUR' });
    const officer = await kit.consent.identity.member('officer');
    const criteria = { version: 1, all: [] } as never;
    const first = await market.asking(buyer, officer, { criteria });
    const second = await market.asking(buyer, officer, { criteria });
    type Asked = {
      request: string;
      version: number;
      contentHash: string;
      notice: { hash: string; language: string };
      amount: { amountMinor: string; currency: string };
      splitRule: string;
      answer: string;
    };
    const asked = async () => {
      const { myRequests } = await ask<{ myRequests: { edges: { node: Asked }[] } }>(
        mother,
        `query($ward: ID) { myRequests(ward: $ward) { edges { node {
           request version contentHash notice { hash language } amount { amountMinor currency } splitRule answer } } } }`,
        { ward },
      );
      return new Map(myRequests.edges.map(({ node }) => [node.request, node]));
    };
    const open = (await asked()).get(first.requestId)!;
    expect(open).toMatchObject({ amount: { amountMinor: '700', currency: 'EUR' }, answer: 'ASKED' });
    const decline = 'mutation($r: ID!, $ward: ID) { decline(request: $r, version: 1, ward: $ward) { request } }';
    await ask(mother, decline, { r: second.requestId, ward });
    const { myRecords } = await ask<{ myRecords: { id: string; sequence: number; digest: string }[] }>(
      mother,
      'query($ward: ID) { myRecords(ward: $ward) { id: sourceRecord sequence: headSequence digest: headDigest } }',
      { ward },
    );
    const content = grantContent({
      requestId: asId(open.request),
      version: open.version,
      contentHash: open.contentHash,
      notice: open.notice,
      amount: { ...open.amount, amountMinor: BigInt(open.amount.amountMinor) },
      splitRule: open.splitRule,
      heads: myRecords.map(({ id, ...head }) => ({ sourceRecordId: asId(id), ...head })),
      answerDeadline: 0,
    });
    const grant = (await continued()).signNext(GRANT, content, { lifetimeSeconds: 864_000 });
    await hand(mother, 'grant', 'grant', grant);
    expect(await hand(mother, 'grant', 'grant', grant)).toEqual({ grant: { grant: digestOf(grant) } });
    expect([...(await asked()).values()].map(({ answer }) => answer).sort()).toEqual(['DECLINED', 'GRANTED']);
    const { myGrants } = await ask<{ myGrants: { edges: object[] } }>(
      mother,
      'query($ward: ID) { myGrants(ward: $ward) { edges { node { grant revokedAt } } } }',
      { ward },
    );
    expect(myGrants.edges).toEqual([{ node: { grant: digestOf(grant), revokedAt: null } }]);
    const { consentBundle, myBalance, myDepartures } = await ask<Record<string, never>>(
      mother,
      `query($ward: ID, $grant: String!) { consentBundle(grant: $grant, ward: $ward)
         myBalance(ward: $ward) { amountMinor } myDepartures(ward: $ward) { state } }`,
      { ward, grant: digestOf(grant) },
    );
    expect(JSON.parse(consentBundle)).toMatchObject({ consent: { kind: 'grant', statement: grant } });
    expect([myBalance, myDepartures]).toEqual([{ amountMinor: '0' }, []]);
    const revocation = (await continued()).signNext(REVOCATION, { grant: digestOf(grant) });
    await hand(mother, 'revoke', 'grant', revocation);
    expect([...(await asked()).values()].map(({ answer }) => answer)).toEqual(['DECLINED', 'DECLINED']);
    const own = await ask<{ myRequests: { edges: object[] } }>(mother, '{ myRequests { edges { node { request } } } }');
    expect(own.myRequests.edges).toEqual([]);
  });

  it('sets terms and rules', async () => {
    await hand(mother, 'setStandingTerms', 'mode', signStandingTerms(await continued()));
    const rule = { subject: { class: 'physicians' }, category: {}, level: 'none', purpose: 'any' } as const;
    await hand(
      mother,
      'setPermissionRules',
      'rules',
      (await continued()).signNext(PERMISSION_RULES, { rules: [rule] }),
    );
    const { myPermissionRules } = await ask<{ myPermissionRules: object }>(
      mother,
      'query($ward: ID) { myPermissionRules(ward: $ward) { statement } }',
      { ward },
    );
    expect(JSON.stringify(myPermissionRules)).toContain('physicians');
    const { explainAccess, myConsentDocument } = await ask<{ explainAccess: object; myConsentDocument: string }>(
      mother,
      `query($ward: ID) { myConsentDocument(version: R4, ward: $ward)
         explainAccess(subject: { class: PHYSICIANS }, category: {}, purpose: TREATMENT, ward: $ward) { effect rule } }`,
      { ward },
    );
    expect(explainAccess).toEqual({ effect: 'DENY', rule: 1 });
    expect(JSON.parse(myConsentDocument)).toMatchObject({ resourceType: 'Consent' });
  });

  it('reads the record and takes it along; child and mother see who looked', async () => {
    const { myTimeline } = await ask<{ myTimeline: { edges: { node: { type: string } }[] } }>(
      mother,
      'query($ward: ID) { myTimeline(ward: $ward) { edges { node { type } } } }',
      { ward },
    );
    expect(myTimeline.edges).toEqual([{ node: { type: 'Patient' } }]);
    for (const format of ['fhir', 'csv']) {
      const url = `/record/${format}?ward=${ward}`;
      const { statusCode, body } = await app.inject({ method: 'GET', url, headers: await bearer(mother) });
      expect([statusCode, body.includes(born)]).toEqual([200, true]);
    }
    type Events = { myAccessEvents: { edges: { node: { act: string; actor: string; basis: string } }[] } };
    const events =
      'query($ward: ID) { myAccessEvents(first: 100, ward: $ward) { edges { node { act actor basis } } } }';
    const { myAccessEvents } = await ask<Events>(mother, events, { ward });
    const byMother = myAccessEvents.edges.filter(
      ({ node }) => node.actor === toGlobalId('Party', mother.actor.partyId),
    );
    expect(byMother.every(({ node }) => node.basis === 'guardian')).toBe(true);
    expect(new Set(byMother.map(({ node }) => node.act))).toEqual(
      new Set([
        'record.opened',
        'record.exported',
        'ward.read',
        'consent.answered',
        'consent.revoked',
        'consent.terms-set',
        'consent.rules-set',
        'source-record.bound',
      ]),
    );
    const { myAccessEvents: own } = await ask<Events>(child, events);
    expect(own.edges.length).toBeGreaterThanOrEqual(myAccessEvents.edges.length);
  });

  it('is the only one: a stranger sees nothing of the child', async () => {
    for (const field of [
      'statementHead(ward: $ward) { sequence }',
      'myEligibility(ward: $ward) { eligible }',
      'myRequests(ward: $ward) { edges { node { request } } }',
      'myGrants(ward: $ward) { edges { node { grant } } }',
      'myRecords(ward: $ward) { headSequence }',
      'myPermissionRules(ward: $ward) { statement }',
      'explainAccess(subject: { class: PHYSICIANS }, category: {}, purpose: TREATMENT, ward: $ward) { effect }',
      'myConsentDocument(version: R4, ward: $ward)',
      `consentBundle(grant: "${'a'.repeat(64)}", ward: $ward)`,
      'myBalance(ward: $ward) { amountMinor }',
      'myDepartures(ward: $ward) { state }',
      'myTimeline(ward: $ward) { edges { node { type } } }',
      'myAccessEvents(ward: $ward) { edges { node { act } } }',
    ]) {
      await expect(ask(stranger, `query($ward: ID) { ${field} }`, { ward })).rejects.toEqual(code('AUTHORITY_INVALID'));
    }
    const url = `/record/fhir?ward=${ward}`;
    const refused = await app.inject({ method: 'GET', url, headers: await bearer(stranger) });
    expect(refused.statusCode).toBeGreaterThanOrEqual(400);
    expect(refused.body).not.toContain('c1');
  });
});

it('lets an adult name a proxy, and end it', async () => {
  const adult = await kit.consent.identity.member('patient');
  await kit.bindRecord(adult, clinic, 'a1', [{ resourceType: 'Patient', id: 'a1', birthDate: '1970-01-01' }]);
  await kit.register.index.rebuild(adult.actor.personId!);
  const until = Math.floor(Date.now() / 1000) + 864_000;
  const says = { guardian: stranger.actor.partyId, scope: 'read', until } as const;
  await hand(adult, 'appointProxy', 'appointment', adult.client.signNext(PROXY_APPOINTMENT, says));
  const ward = toGlobalId('Party', adult.actor.partyId);
  const timeline = 'query($ward: ID) { myTimeline(ward: $ward) { edges { node { type } } } }';
  expect(await ask(stranger, timeline, { ward })).toEqual({ myTimeline: { edges: [{ node: { type: 'Patient' } }] } });
  const requests = 'query($ward: ID) { myRequests(ward: $ward) { edges { node { request } } } }';
  await expect(ask(stranger, requests, { ward })).rejects.toEqual(code('AUTHORITY_SCOPE'));
});
