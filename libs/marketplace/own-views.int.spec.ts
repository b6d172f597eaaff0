import type { Member } from '@aceso/identity/testing';
import { openMarketplaceKit, requestInput, type Askable, type MarketplaceKit } from './testing';

const EURO = (amount: number) => ({ amountMinor: BigInt(amount * 100), currency: 'EUR' });
const refusal = (code: string) => expect.objectContaining({ code });
let kit: MarketplaceKit;
let officer: Member;
let patient: Askable;

beforeAll(async () => {
  kit = await openMarketplaceKit();
  officer = await kit.consent.identity.member('officer');
  patient = await kit.patient(await kit.consent.identity.member('provider'));
});
afterAll(() => kit.test.close());

describe('views of a request', () => {
  const view = (name: string) => ({
    ...{ name, resource: 'Observation' },
    select: [
      {
        column: [
          { name: 'id', path: 'getResourceKey()' },
          { name: 'person_id', path: 'subject.getReferenceKey(Patient)' },
        ],
      },
    ],
  });

  it('are part of what patients agree to: another view needs another grant', async () => {
    const buyer = await kit.buyer(EURO(1));
    const sent = await kit.asking(buyer, officer, { views: [JSON.stringify(view('keys'))] });
    const grant = await kit.signedGrant(patient, sent);
    const [stored] = await kit.test.ownerQuery<{ content: { views: object[] } }>(
      'select content from marketplace.request_version where request_id = $1',
      [sent.requestId],
    );
    expect(stored!.content.views).toEqual([view('keys')]);
    const draft = {
      ...requestInput(),
      views: [JSON.stringify(view('others'))],
      answerDeadline: kit.test.runtime.now() + 3_600_000,
    };
    const change = { requestId: sent.requestId, draft };
    const amended = await kit.api((tx) => kit.requests.amend(tx, buyer.actor, change));
    expect(amended.contentHash).not.toBe(sent.contentHash);
    await kit.approve(officer, amended);
    await kit.asks.ask(amended.requestId, amended.version);
    await expect(kit.api((tx) => kit.answers.grant(tx, patient.actor, grant))).rejects.toEqual(
      refusal('ANSWER_DEADLINE_PASSED'),
    );
  });

  it('are refused before anything is stored', async () => {
    const buyer = await kit.buyer(EURO(1));
    const outside = { ...view('keys'), where: [{ path: 'note.exists()' }] };
    await expect(kit.submit(buyer, { views: [JSON.stringify(outside)] })).rejects.toEqual(refusal('VIEW_OUT_OF_SCOPE'));
    const encounters = { ...view('keys'), resource: 'Encounter' };
    await expect(kit.submit(buyer, { views: [JSON.stringify(encounters)] })).rejects.toEqual(
      refusal('VIEW_OUT_OF_SCOPE'),
    );
  });

  it.each<[string, unknown]>([
    ['none', []],
    ['no list', { name: 'keys' }],
    ['too many', Array.from({ length: 11 }, (_, n) => ({ name: `v${n}` }))],
    ['one without a name', [{ resource: 'Observation' }]],
    ['one that leaves the folder', [{ name: '../person' }]],
    ['one of too many bytes', [{ name: 'v', title: 'x'.repeat(131_072) }]],
  ])('are refused by the database as %s', async (_, views) => {
    const insert = kit.test.ownerQuery(
      `insert into marketplace.request_version (request_id, version, cohort_id, cohort_version, content, content_hash, answer_deadline)
       select request_id, 1000, cohort_id, cohort_version, content || jsonb_build_object('views', $1::jsonb), content_hash, answer_deadline
         from marketplace.request_version limit 1`,
      [JSON.stringify(views)],
    );
    await expect(insert).rejects.toMatchObject({ code: '23514' });
  });
});
