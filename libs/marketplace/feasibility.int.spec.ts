import { DUO_MODIFIERS, DUO_PERMISSIONS, type Alternative, type StandingTermsClaims } from '@aceso/consent/domain';
import { alternative } from '@aceso/consent/testing';
import type { Member } from '@aceso/identity/testing';
import { sha256 } from '@aceso/platform';
import { splitRuleHash } from '@aceso/settlement/domain';
import { composeFeasibility, TERMS_CELLS, type FeasibilityInput } from './domain';
import type { Feasibility, FeasibilityService } from './feasibility.service';
import { openMarketplaceKit, requestInput, type Askable, type MarketplaceKit } from './testing';

let kit: MarketplaceKit;
let clinic: Member;
let target: Askable;

const DIABETES = { code: DUO_PERMISSIONS.DS, diseases: ['MONDO:0005015'] };
const priced = (unitMinor: 500 | 1000 | 2000 | 5000, changes: Partial<Alternative> = {}): Alternative =>
  alternative({ permission: DIABETES, minimumPrice: { unitMinor, currency: 'EUR' }, ...changes });
const draft = (changes: Partial<FeasibilityInput> = {}): FeasibilityInput => {
  const { use, criteria, fields, policy, k, country, termMonths, unitMinor } = requestInput();
  return { use, criteria, fields, policy, k, country, termMonths, unitMinor, ...changes };
};
const shown = (preview: Feasibility) => preview.cells.map(({ approximate }) => approximate);
const sign = (patient: Askable, terms: Partial<StandingTermsClaims>) =>
  kit.consent.setStandingTerms(patient, { splitRule: splitRuleHash(sha256), ...terms });

async function several(count: number, terms: Partial<StandingTermsClaims> | null): Promise<Askable[]> {
  const patients = await kit.patients(clinic, count);
  if (terms) for (const patient of patients) await sign(patient, terms);
  return patients;
}

/** One person more or less crosses where 12 and 17 are rounded: 10 becomes 15, and 15 becomes 20. */
beforeAll(async () => {
  kit = await openMarketplaceKit();
  clinic = await kit.consent.identity.member('provider');
  await several(12, { alternatives: [priced(500)] });
  await several(17, { alternatives: [priced(2000), priced(5000)] });
  await several(12, { alternatives: [priced(500, { buyerKinds: ['charity'] })] });
  await several(14, null);
  await several(1, { mode: 'ask-me', alternatives: [priced(500)] });
  const collaborator = { code: DUO_MODIFIERS.COL, collaborator: 'the clinic' };
  await several(1, { alternatives: [priced(500, { modifiers: [collaborator] })] });
  const [unread] = await several(1, { alternatives: [priced(500)] });
  await kit.test.ownerQuery('update register.source_record set head_digest = null, head_sequence = 0 where id = $1', [
    unread!.record,
  ]);
  // Of a minor there is nobody here whose word counts.
  const [minor] = await several(1, { alternatives: [priced(500)] });
  await kit.test.ownerQuery(
    `update facts.person set birth_month = to_char(now() - interval '10 years', 'YYYY-MM')
      where index_no = (select index_no from register.person_index where person_id = $1)`,
    [minor!.actor.personId],
  );
  target = await kit.patient(clinic);
  await kit.test.ownerQuery(
    `insert into facts.fact (index_no, kind, system, code, superseded)
     select index_no, 'immunization', 'http://example.org', 'own', false from register.person_index where person_id = $1`,
    [target.actor.personId],
  );
  await kit.test.ownerQuery(`update facts.person set sex = 'male' where index_no % 2 = 0`);
  await kit.test.ownerQuery(
    `insert into facts.fact (index_no, kind, system, code, superseded)
     select index_no, 'condition', 'http://example.org', 'c-' || index_no % 5, false from facts.person where index_no % 3 = 0`,
  );
}, 240_000);
afterAll(() => kit.test.close());

const buyer = () => kit.consent.identity.member('researcher');
const wish = (unitMinor: 500 | 2000) => sign(target, { alternatives: [priced(unitMinor)] });

describe('a preview', () => {
  it('is a table of the cohort by what terms say, and prices by its shown cells alone', async () => {
    await wish(500);
    const { total, cells, offers, expectation } = await kit.feasibility().preview((await buyer()).actor, draft());
    expect(total).toMatchObject({ approximate: 60, suppressed: false });
    // Nobody is at 1000 and 5000: with them the smallest others are hidden.
    expect(cells.map(({ approximate }) => approximate)).toEqual([15, null, 15, null, 15, null]);
    expect(offers).toEqual([
      { unitMinor: 500, approving: 15, mayBeMore: false },
      { unitMinor: 1000, approving: 15, mayBeMore: true },
      { unitMinor: 2000, approving: 30, mayBeMore: true },
      { unitMinor: 5000, approving: 30, mayBeMore: true },
    ]);
    expect(expectation).toMatchObject({ least: 15, most: 60, expected: null, earlierRequests: 0 });
    expect(expectation.price).toMatchObject({ least: { escrowMinor: 15_000n }, most: { escrowMinor: 60_000n } });
    const [log] = await kit.test.ownerQuery('select numbers from cohort.query');
    expect(log).toEqual({ numbers: 1 + TERMS_CELLS.length });
  });

  it('is by classes of age and sex as well where they are asked for', async () => {
    await wish(500);
    const { classes } = await kit.feasibility().preview((await buyer()).actor, draft({ ageBandYears: 20 }));
    const numbers = classes!.cells.filter(({ count }) => count.approximate !== null);
    // Women and men are of one age: with the empty classes the smaller of the two is hidden.
    expect(classes!.cells).toHaveLength(11);
    expect(numbers).toEqual([{ label: 'male 40-59', count: { approximate: 30, suppressed: false } }]);
    expect(classes).toMatchObject({ ageBandYears: 20, kept: 28, keptOfLeast: 7 });
  });

  it('says who has anything of the fields where that is asked for', async () => {
    const fields = ['Condition', 'Immunization', 'Patient'];
    const asked = draft({ fields, completeness: true });
    const { total, completeness } = await kit.feasibility().preview((await buyer()).actor, asked);
    // A third of the persons have a condition; one has an immunization, which is nobody's to know.
    expect(total.approximate).toBe(60);
    expect(completeness).toEqual([
      {
        types: ['Condition'],
        having: { approximate: 20, suppressed: false },
        lacking: { approximate: 40, suppressed: false },
      },
      {
        types: ['Immunization'],
        having: { approximate: null, suppressed: true },
        lacking: { approximate: null, suppressed: true },
      },
    ]);
  });

  it('shows nothing at all where the total is not shown', async () => {
    const criteria = { version: 1, all: [{ immunization: { codes: ['own'] } }] };
    const few = await kit.feasibility().preview((await buyer()).actor, draft({ criteria }));
    for (const count of [few.total, ...few.cells]) expect(count).toMatchObject({ approximate: null, suppressed: true });
    expect(few.offers.map(({ approving }) => approving)).toEqual([null, null, null, null]);
    expect(few.expectation).toMatchObject({ least: null, most: null, expected: null, price: null });
  });

  it('says yes for exactly those whom terms then answer, at each price', async () => {
    const officer = await kit.consent.identity.member('officer');
    const center = await buyer();
    const service = kit.feasibility();
    const context = {
      buyerKind: 'university' as const,
      policy: { resourceTypes: ['Patient', 'Condition', 'Observation'] },
      currency: 'EUR',
      splitRule: splitRuleHash(sha256),
      sha256,
    };
    const cellOf = await service.cellOf(composeFeasibility(draft(), context));
    const persons = await kit.test.ownerQuery<{ number: number; id: string }>(
      'select number, person_id as id from register.person_index',
    );
    for (const [cell, unitMinor] of [500, 1000, 2000, 5000].entries()) {
      const { requestId } = await kit.asking(center, officer, { unitMinor });
      const answered = await kit.test.ownerQuery<{ id: string }>(
        'select person_id as id from consent.grant where request_id = $1 and terms_digest is not null',
        [requestId],
      );
      const previewed = persons.filter(({ number }) => cellOf(number) <= cell).map(({ id }) => id);
      expect(answered.map(({ id }) => id).sort()).toEqual(previewed.sort());
      expect(answered).toHaveLength(cell < 2 ? 13 : 30);
    }
  });
});

describe('role api', () => {
  it('reads no terms as rows, and the worker makes no preview', async () => {
    const refused = { code: '42501' };
    await expect(kit.api((tx) => tx.query('select from consent.answering_terms'))).rejects.toMatchObject(refused);
    await expect(kit.api((tx) => tx.query('select from consent.terms_set'))).rejects.toMatchObject(refused);
    expect(await kit.api((tx) => tx.query('select from consent.standing_terms'))).toEqual([]);
    const cells = kit.worker((tx) => tx.query(`select from consent.terms_cells('{}', '{}', 1)`));
    await expect(cells).rejects.toMatchObject(refused);
  });
});

/**
 * One person takes twenty euros in the place of five. Attackers know everybody else's terms; each attack is made where the person changed its terms
 * and where it did not, by fresh accounts.
 */
describe('whoever looks before and after', () => {
  const WITHOUT = { version: 1, all: [{ age: { min: 40 } }, { none: [{ immunization: { codes: ['own'] } }] }] };
  let months = 20;

  async function before(
    service: FeasibilityService,
    change: boolean,
    after: (termMonths: number) => Partial<FeasibilityInput>,
  ) {
    const { actor } = await buyer();
    const termMonths = (months += 2); // a draft of which no answer stands yet
    await wish(500);
    const first = await service.preview(actor, draft({ termMonths }));
    expect(shown(first)).toEqual([15, null, 15, null, 15, null]);
    if (change) await wish(2000);
    return shown(await service.preview(actor, draft({ termMonths, ...after(termMonths) })));
  }

  const otherWords = (termMonths: number) => ({ termMonths: termMonths + 1 });
  const without = () => ({ criteria: WITHOUT });

  it('sees the same numbers in the same words, and none in others', async () => {
    const guarded = kit.feasibility();
    for (const change of [false, true]) {
      expect(await before(guarded, change, () => ({}))).toEqual([15, null, 15, null, 15, null]);
      expect(await before(guarded, change, otherWords)).toEqual([null, null, null, null, null, null]);
      expect(await before(guarded, change, without)).toEqual([null, null, null, null, null, null]);
    }
  });

  it('would see the price of the one, were there no guard', async () => {
    const unguarded = kit.feasibility(() => null);
    expect(await before(unguarded, false, otherWords)).toEqual([15, null, 15, null, 15, null]);
    // Twelve are at five euros and twelve say no: the first of the smallest is hidden.
    expect(await before(unguarded, true, otherWords)).toEqual([null, null, 20, null, 15, 10]);
    expect(await before(unguarded, false, without)).toEqual([null, null, 15, null, 15, 10]);
  });
});
