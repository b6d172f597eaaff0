import fc from 'fast-check';
import {
  askedRequest,
  CURRENT_TERMS_NOTICE,
  DUO_MODIFIERS,
  DUO_PERMISSIONS,
  matchPurpose,
  SHIPPED_DISEASES,
  termsNoticeHash,
  type Alternative,
  type StandingTermsClaims,
} from '@aceso/consent/domain';
import { alternative, signRevocation, signStandingTerms } from '@aceso/consent/testing';
import type { Member } from '@aceso/identity/testing';
import { canonicalJson } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import { splitRuleHash } from '@aceso/settlement/domain';
import type { SentVersion } from './request.service';
import { openMarketplaceKit, useInput, type Askable, type MarketplaceKit } from './testing';

let kit: MarketplaceKit;
let clinic: Member;
let buyer: Member;
let officer: Member;

beforeAll(async () => {
  kit = await openMarketplaceKit();
  clinic = await kit.consent.identity.member('provider');
  officer = await kit.consent.identity.member('officer');
  buyer = await kit.buyer({ amountMinor: 1_000_000n, currency: 'EUR' });
}, 240_000);
afterAll(() => kit.test.close());

const DIABETES = { code: DUO_PERMISSIONS.DS, diseases: ['MONDO:0005015'] };
const terms = (changes: Partial<StandingTermsClaims> = {}) => ({
  alternatives: [alternative({ permission: DIABETES })],
  splitRule: splitRuleHash(sha256),
  ...changes,
});

async function withTerms(changes: Partial<StandingTermsClaims> = {}): Promise<Askable> {
  const patient = await kit.patient(clinic);
  await kit.consent.setStandingTerms(patient, terms(changes));
  return patient;
}

async function answerOf(patient: Askable, { requestId }: SentVersion): Promise<string | undefined> {
  const shown = await kit.asked(patient);
  return shown.find((each) => each.requestId === requestId)?.answer;
}

const grantsOf = (patient: Askable) => kit.consent.ownGrants(patient, { limit: 10, after: null });

describe('terms that answer by themselves', () => {
  it('answer what they approve in the act of asking, once, and ask about everything else', async () => {
    const willing = await withTerms();
    const cautious = await withTerms({ mode: 'ask-me' });
    const dear = await withTerms({
      alternatives: [alternative({ permission: DIABETES, minimumPrice: { unitMinor: 5000, currency: 'EUR' } })],
    });
    const silent = await kit.patient(clinic);
    const sent = await kit.asking(buyer, officer);
    await kit.asks.ask(sent.requestId, sent.version); // again: nothing changes
    expect(await answerOf(willing, sent)).toBe('granted');
    for (const asked of [cautious, dear, silent]) {
      expect(await answerOf(asked, sent)).toBe('asked');
      expect(await grantsOf(asked)).toEqual([]);
    }
    const [grant, ...more] = await grantsOf(willing);
    expect(more).toEqual([]);
    expect(grant).toMatchObject({ requestId: sent.requestId, version: 1, byTerms: true, revokedAt: null });
    expect(JSON.parse(grant!.text)).toMatchObject({ typ: 'aceso/standing-terms/v1' });
    const events = await kit.test.ownerQuery(
      `select act, actor_id, outcome, ledger_entry_id is not null as entered from audit.access_event
        where subject_id = $1 and act = 'consent.answered'`,
      [willing.actor.personId],
    );
    expect(events).toEqual([
      { act: 'consent.answered', actor_id: willing.actor.partyId, outcome: 'permitted', entered: true },
    ]);
  });

  it('stand for the gate as grants do, until they are revoked', async () => {
    const patient = await withTerms();
    const sent = await kit.asking(buyer, officer);
    const [grant] = await grantsOf(patient);
    const valid = async () => {
      const [version] = await kit.test.ownerQuery<{ content: object }>(
        'select content from marketplace.request_version where request_id = $1',
        [sent.requestId],
      );
      const query = {
        ...sent,
        contentText: canonicalJson(version!.content),
        at: Date.now(),
        personIds: [patient.actor.personId!],
      };
      const rows = await kit.worker((tx) => kit.consent.consent.validGrants(tx, query));
      return rows.map(
        ({ evidence, grantDigest }) => [grantDigest, kit.consent.consent.decide(evidence, query)] as const,
      );
    };
    expect(await valid()).toEqual([
      [
        grant!.digest,
        { permit: true, recordsUpTo: [{ sourceRecord: patient.record, sequence: 1, digest: 'd'.repeat(64) }] },
      ],
    ]);
    await expect(kit.decline(patient, sent)).rejects.toMatchObject({ code: 'GRANT_STANDS' });
    const { sequence, previous } = patient.client;
    await expect(kit.grant(patient, sent)).rejects.toMatchObject({ code: 'ALREADY_GRANTED' });
    Object.assign(patient.client, { sequence, previous }); // what was refused is no part of the chain
    const text = signRevocation(patient.client, grant!.digest);
    await kit.api((tx) => kit.consent.consent.recordRevocation(tx, patient.actor, text));
    expect(await valid()).toEqual([]);
    expect(await answerOf(patient, sent)).toBe('declined');
    await kit.grant(patient, sent); // thinks again, and signs it
    expect(await answerOf(patient, sent)).toBe('granted');
  });

  it('hold no longer once newer terms are set, whatever those say; the gate rises', async () => {
    const patient = await withTerms();
    const sent = await kit.asking(buyer, officer);
    const gates = () => kit.worker((tx) => kit.consent.identity.gates.versions(tx, [patient.actor.personId!]));
    const before = [...(await gates()).values()][0]!;
    await kit.consent.setStandingTerms(patient, terms());
    expect([...(await gates()).values()]).toEqual([before + 1]);
    expect(await answerOf(patient, sent)).toBe('declined');
    const rows = await kit.worker((tx) =>
      kit.consent.consent.validGrants(tx, { ...sent, at: Date.now(), personIds: [patient.actor.personId!] }),
    );
    expect(rows).toEqual([]);
    const later = await kit.asking(buyer, officer);
    expect(await answerOf(patient, later)).toBe('granted');
  });

  it('never answer a topic on which a person decides, nor a center of unknown kind', async () => {
    const patient = await withTerms();
    const sensitive = await kit.asking(buyer, officer, { use: useInput({ topics: ['pediatric'] }) });
    expect(await answerOf(patient, sensitive)).toBe('asked');
    const unknown = await kit.consent.identity.member('researcher', null);
    const sent = await kit.asking(unknown, officer);
    expect(await answerOf(patient, sent)).toBe('asked');
  });

  it('answer exactly those whose terms approve, judged one by one, of many different terms', async () => {
    const any = fc.record({
      permission: fc.constantFrom<Alternative['permission']>(
        { code: DUO_PERMISSIONS.GRU },
        { code: DUO_PERMISSIONS.POA },
        DIABETES,
        { code: DUO_PERMISSIONS.DS, diseases: ['MONDO:0004979'] },
      ),
      modifiers: fc.constantFrom<Alternative['modifiers']>(
        [],
        [{ code: DUO_MODIFIERS.NPU }],
        [{ code: DUO_MODIFIERS.IRB }],
      ),
      buyerKinds: fc.constantFrom<Alternative['buyerKinds']>(['university'], ['charity', 'company']),
      minimumPrice: fc
        .constantFrom(500 as const, 1000 as const, 2000 as const)
        .map((unitMinor) => ({ unitMinor, currency: 'EUR' })),
    });
    const sets = fc
      .sample(fc.array(any, { minLength: 1, maxLength: 3 }), 30)
      .map((list) => list.map((each) => alternative(each)));
    const patients = new Map<Askable, Alternative[]>();
    for (const alternatives of sets) patients.set(await withTerms({ alternatives }), alternatives);
    const sent = await kit.asking(buyer, officer);
    const [stored] = await kit.test.ownerQuery<{ content: object }>(
      'select content from marketplace.request_version where request_id = $1',
      [sent.requestId],
    );
    const asked = askedRequest(sent.requestId, canonicalJson(stored!.content))!;
    const by = { tree: SHIPPED_DISEASES, at: Date.now() };
    const expected: string[] = [];
    const answered: (string | undefined)[] = [];
    for (const [patient, alternatives] of patients) {
      const { verdict } = matchPurpose(asked, { alternatives, splitRule: splitRuleHash(sha256) }, by);
      expected.push(verdict === 'approve' ? 'granted' : 'asked');
      answered.push(await answerOf(patient, sent));
    }
    expect(answered).toEqual(expected);
  }, 60_000);

  it('count like every other answer', async () => {
    const patients: Askable[] = [];
    for (let n = 0; n < 3; n += 1) patients.push(await withTerms());
    const sent = await kit.asking(buyer, officer);
    const [sums] = await kit.test.ownerQuery<{ granted: number }>('select granted from marketplace.answers($1, $2)', [
      sent.requestId,
      sent.version,
    ]);
    expect(sums!.granted).toBeGreaterThanOrEqual(3);
  });
});

describe('the database', () => {
  it('lets the worker write no grant that terms did not give, and move no ask without one', async () => {
    const patient = await kit.patient(clinic);
    const sent = await kit.asking(buyer, officer);
    const insert = (termsDigest: string | null) =>
      kit.worker((tx) =>
        tx.execute(
          `insert into consent.grant (digest, party_id, person_id, request_id, version, content_hash, records_up_to,
                                      expires_at, recorded_at, terms_digest, answer)
           values (sha256('{}'), $1, $2, $3, 1, sha256('x'), '[]', now() + interval '1 day', now(), decode($4, 'hex'), '{}')`,
          [patient.actor.partyId, patient.actor.personId, sent.requestId, termsDigest],
        ),
      );
    await expect(insert(null)).rejects.toMatchObject({ code: expect.stringMatching(/42501|23514/) });
    await expect(insert('a'.repeat(64))).rejects.toMatchObject({ code: '23514' });
    const move = kit.worker((tx) =>
      tx.execute(
        `update marketplace.ask set state = 'granted', answered_at = now() where request_id = $1 and version = 1 and person_id = $2`,
        [sent.requestId, patient.actor.personId],
      ),
    );
    await expect(move).rejects.toMatchObject({ code: '42501' });
  });

  it('shows the terms of others to nobody, and takes no kind of center but the one of the invitation', async () => {
    const patient = await withTerms();
    const other = await kit.patient(clinic);
    const seen = await kit.api(async (tx) => {
      await tx.actAs(other.actor.partyId);
      return tx.query('select from consent.standing_terms where person_id = $1', [patient.actor.personId]);
    });
    expect(seen).toEqual([]);
    const unknown = await kit.consent.identity.member('researcher', null);
    const claim = kit.api((tx) =>
      tx.execute(`insert into identity.research_center (party_id, kind) values ($1, 'charity')`, [
        unknown.actor.partyId,
      ]),
    );
    await expect(claim).rejects.toMatchObject({ code: '23514' });
  });
});

describe('terms', () => {
  it.each<[string, Partial<StandingTermsClaims>, string]>([
    ['that answer and permit nothing', { alternatives: [] }, 'TERMS_NOTHING_PERMITTED'],
    [
      'that name a notice which nobody was shown',
      { notice: { hash: 'e'.repeat(64), language: 'en', payment: true } },
      'TERMS_NOTICE_MISMATCH',
    ],
    [
      'that name another language of it',
      { notice: { hash: termsNoticeHash(CURRENT_TERMS_NOTICE, sha256), language: 'de', payment: true } },
      'TERMS_NOTICE_MISMATCH',
    ],
  ])('%s are refused', async (_, changes, code) => {
    const patient = await kit.patient(clinic);
    await expect(kit.consent.setStandingTerms(patient, terms(changes))).rejects.toMatchObject({ code });
  });

  it('sent again change nothing', async () => {
    const patient = await kit.patient(clinic);
    const text = signStandingTerms(patient.client, terms());
    const record = () => kit.api((tx) => kit.consent.terms.record(tx, patient.actor, text));
    expect(await record()).toEqual(await record());
    const rows = await kit.test.ownerQuery('select from consent.standing_terms where person_id = $1', [
      patient.actor.personId,
    ]);
    expect(rows).toHaveLength(1);
    const gates = await kit.worker((tx) => kit.consent.identity.gates.versions(tx, [patient.actor.personId!]));
    expect([...gates.values()]).toEqual([1]);
  });
});
