import fc from 'fast-check';
import type { Member } from '@aceso/identity/testing';
import type { OrderId } from '@aceso/kernel';
import { decideGrant } from '@aceso/consent/domain';
import { sha256, verifyEd25519 } from '@aceso/platform';
import { openExtractionKit, releasedTooLate, watchCommits, type Contributor, type ExtractionKit } from './testing';

jest.setTimeout(300_000);

const PERSONS = 15;

/** What may happen to an order, in any order: a patient changes its mind, or the job takes its next step. */
type Step = { readonly kind: 'revoke' | 'deny'; readonly person: number } | { readonly kind: 'work' };

const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.constant<Step>({ kind: 'work' }) },
    { weight: 1, arbitrary: fc.nat(PERSONS - 1).map<Step>((person) => ({ kind: 'revoke', person })) },
    { weight: 1, arbitrary: fc.nat(PERSONS - 1).map<Step>((person) => ({ kind: 'deny', person })) },
  ),
  { minLength: 3, maxLength: 12 },
);

describe('every released row', () => {
  let kit: ExtractionKit;
  let provider: Member;
  let persons: Contributor[];
  beforeAll(async () => {
    kit = await openExtractionKit();
    await watchCommits(kit.test);
    provider = await kit.market.consent.identity.member('provider');
    persons = await kit.contributors(provider, PERSONS);
  });
  afterAll(() => kit.test.close());

  it('is covered by a grant that is valid at the commit, whatever the order of events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(PERSONS - 1), { minLength: 10 }), steps, async (granting, happening) => {
        for (const person of persons) person.grant = null;
        for (const person of persons) await kit.market.consent.setTerms(person, 'permit');
        const sale = await kit.sale(granting.map((n) => persons[n]!));
        await play(sale.orderId, happening);
        await kit.run(sale.orderId);
        await expectCovered(sale.orderId);
      }),
      { numRuns: 8, seed: 20260131, endOnFailure: true },
    );
  });

  async function play(orderId: OrderId, happening: readonly Step[]): Promise<void> {
    let emitted: string | null = null;
    for (const step of happening) {
      if (step.kind === 'work') {
        if (emitted) await kit.releases.release(orderId, emitted);
        emitted = emitted ? null : await kit.emit(orderId);
        continue;
      }
      const person = persons[step.person]!;
      if (step.kind === 'deny') await kit.market.consent.setTerms(person, 'deny');
      else if (person.grant) {
        await kit.revoke(person);
        person.grant = null;
      }
    }
  }

  async function expectCovered(orderId: string): Promise<void> {
    expect(await releasedTooLate(kit.test, orderId)).toEqual([]);
    const { state } = await kit.orderState(orderId as OrderId);
    expect(['released', 'refunded']).toContain(state);
    const rows = await kit.test.ownerQuery<{
      grant: string;
      released: Date;
      version: number;
      request: string;
      hash: string;
    }>(
      `select m.grant_digest as grant, p.released_at as released, o.version, o.request_id as request,
              encode(v.content_hash, 'hex') as hash
         from extraction.member m join extraction.package p on p.attempt_id = m.attempt_id and m.state = 'released'
         join marketplace."order" o on o.id = p.order_id
         join marketplace.request_version v on v.request_id = o.request_id and v.version = o.version
        where p.order_id = $1`,
      [orderId],
    );
    expect(rows.length === 0).toBe(state === 'refunded');
    const { consent } = kit.market.consent;
    const grants = await kit.market.worker((tx) =>
      consent.evidenceOf(
        tx,
        rows.map((row) => row.grant),
      ),
    );
    for (const row of rows) {
      const evidence = grants.find(({ grantDigest }) => grantDigest === row.grant)?.evidence;
      const request = { requestId: row.request, version: row.version, contentHash: row.hash };
      const { origin: audience } = kit.test.config;
      const context = { audience, sha256, verify: verifyEd25519, request, at: row.released.getTime() };
      // Revoked later or not, at the commit it stood: its bytes verify, and no gate had moved (asked above).
      if (!evidence || !('grantText' in evidence)) throw new Error('everybody signed a grant here');
      expect(decideGrant({ ...evidence, revocationText: null }, context)).toMatchObject({ permit: true });
    }
  }
});
