import { randomUUID } from 'node:crypto';
import { asId, type PartyId } from '@aceso/kernel';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { addProvider } from '@aceso/register/testing';
import type { Catalogue } from './catalogue';
import { CohortIndex } from './cohort-index';
import { checkCriteria } from './domain';
import { PublicCount } from './public-count';
import { insertIndexRows, insertIndexRules, insertRecordOwner, openCatalogue, openCounts } from './testing';

const PERSONS = 60;
const SUPPRESSED = { approximate: null, suppressed: true };
const shown = (approximate: number) => ({ approximate, suppressed: false });
let test: TestDatabase;
let catalogues: Catalogue;
let large: PartyId;
let parties = 0;

const center = async () => {
  parties += 1;
  const partyId = asId<'Party'>(`bbbbbbbb-0000-4000-8000-${parties.toString().padStart(12, '0')}`);
  await test.ownerQuery(
    `insert into identity.party (id, did, role, registered_at) values ($1, 'did:key:z6Mk' || translate($2, '-0', 'xx'), 'researcher', now())`,
    [partyId, partyId],
  );
  return { partyId };
};
const didOf = async (partyId: PartyId): Promise<string> =>
  (await test.ownerQuery<{ did: string }>('select did from identity.party where id = $1', [partyId]))[0]!.did;

/** Everybody has a condition, 45 an observation, 12 an immunization (two of them keep something back), 4 a procedure. */
async function insertPersons(small: PartyId): Promise<void> {
  for (let n = 1; n <= PERSONS; n += 1) {
    const personId = await insertRecordOwner(test.ownerQuery, n, {
      id: randomUUID(),
      providerId: n <= 4 ? small : large,
    });
    const fact = (kind: 'condition' | 'observation' | 'immunization' | 'procedure', least: number) =>
      n <= least ? [{ kind, code: kind, start: `${n <= 20 ? 2015 : 2018}-03-0${1 + (n % 9)}` }] : [];
    await insertIndexRows(test.ownerQuery, {
      ...{ indexNo: n, personId },
      facts: [
        ...fact('condition', 60),
        ...fact('observation', 45),
        ...fact('immunization', 12),
        ...fact('procedure', 4),
      ],
    });
  }
  for (const n of [11, 12]) {
    await insertIndexRules(test.ownerQuery, n, [{ subject: 'research', types: ['Immunization'], level: 'none' }]);
  }
}

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: '2019-05-31' } });
  catalogues = openCatalogue(test);
}, 60_000);
afterAll(() => test.close());

it('shows a research center what there is to ask for, as a question that is charged once a day', async () => {
  const [early, asker] = [await center(), await center()];
  expect(await catalogues.read(early)).toMatchObject({ total: SUPPRESSED, sources: [] });
  await test.ownerQuery('delete from cohort.answer'); // it would stand for a day, whoever asks
  large = await addProvider(test);
  await insertPersons(await addProvider(test));

  const catalogue = await catalogues.read(asker);
  expect(catalogue.total).toEqual(shown(60));
  const domains = Object.fromEntries(catalogue.domains.map(({ domain, count }) => [domain, count]));
  expect(domains).toMatchObject({
    condition: { ...SUPPRESSED, reason: 'TOO_CLOSE', closeTo: 60 },
    observation: shown(45),
    immunization: SUPPRESSED,
    procedure: SUPPRESSED,
    allergy: SUPPRESSED,
  });
  // Two persons keep something back and are in no year: what is hidden with them is the smallest year.
  const years = Object.fromEntries(catalogue.firstYears.map(({ label, count }) => [label, count]));
  expect(years).toMatchObject({ '2018': shown(40), '2015': SUPPRESSED, 'later or unknown': SUPPRESSED });
  expect(catalogue.sources).toEqual([
    { did: await didOf(large), count: { ...SUPPRESSED, reason: 'TOO_CLOSE', closeTo: 60 } },
  ]);

  const asked = () =>
    test.ownerQuery<{ numbers: number }>('select numbers from cohort.query where party_id = $1', [asker.partyId]);
  expect(await asked()).toEqual([{ numbers: 1 + 7 + 22 + 2 }]);
  expect(await test.ownerQuery('select from cohort.close_call')).toEqual([]);
  expect(await catalogues.read(asker)).toEqual(catalogue);
  expect(await asked()).toHaveLength(1);

  // What the catalogue showed counts: whoever asks for the same in other words is told so.
  const observed = checkCriteria({ version: 1, all: [{ observation: { codes: ['observation'] } }] });
  expect(await openCounts(test).count(asker, observed)).toMatchObject({ reason: 'TOO_CLOSE', closeTo: 45 });

  // Whoever counted everybody in words of its own has no number of everybody here, and so no years: domains and sources are numbers of their own.
  const counted = await center();
  const adults = checkCriteria({ version: 1, all: [{ age: { min: 18 } }] });
  expect(await openCounts(test).count(counted, adults)).toEqual(shown(60));
  const later = await catalogues.read(counted);
  expect(later.total).toEqual({ ...SUPPRESSED, reason: 'TOO_CLOSE', closeTo: 60 });
  expect(later.domains).toEqual(catalogue.domains);
  expect(later.sources).toEqual(catalogue.sources);
  expect(new Set(later.firstYears.map(({ count }) => count.approximate))).toEqual(new Set([null]));

  // Everybody may read of a thousand, and of nothing below.
  const everybody = new PublicCount(new CohortIndex(test.database), test.runtime, test.config);
  expect(await everybody.persons()).toBeNull();
});

it('is charged once where it is asked for twice at the same moment, whatever process answers', async () => {
  const asker = await center();
  const [first, second] = await Promise.all([catalogues.read(asker), openCatalogue(test).read(asker)]);
  expect(second).toEqual(first);
  expect(first.total).toEqual(shown(60));
  const asked = await test.ownerQuery<{ numbers: number }>('select numbers from cohort.query where party_id = $1', [
    asker.partyId,
  ]);
  expect(asked).toEqual([{ numbers: 1 + 7 + 22 + 2 }]);
});

it('is the one that was shown first where another one was counted meanwhile', async () => {
  const asker = await center();
  const shownAt = () =>
    test.ownerQuery<{ at: string }>('select shown_at::text as at from cohort.shown_catalogue where party_id = $1', [
      asker.partyId,
    ]);
  let first: unknown[] = [];
  class Late extends CohortIndex {
    override async sets(...asked: Parameters<CohortIndex['sets']>) {
      first = [await catalogues.read(asker), await shownAt()];
      return super.sets(...asked);
    }
  }
  const late = await openCatalogue(test, new Late(test.database)).read(asker);
  expect([late, await shownAt()]).toEqual(first);
});

it('is charged anew when what was asked before has failed a minute ago', async () => {
  const asker = await center();
  await catalogues.read(asker);
  await test.ownerQuery('delete from cohort.shown_catalogue where party_id = $1', [asker.partyId]);
  await catalogues.read(asker);
  const asked = () => test.ownerQuery('select from cohort.query where party_id = $1', [asker.partyId]);
  expect(await asked()).toHaveLength(1);
  await test.ownerQuery('delete from cohort.shown_catalogue where party_id = $1', [asker.partyId]);
  await test.ownerQuery(`
    alter table cohort.query disable trigger user;
    update cohort.query set asked_at = asked_at - interval '61 seconds' where party_id = '${asker.partyId}';
    alter table cohort.query enable trigger user`);
  await catalogues.read(asker);
  expect(await asked()).toHaveLength(2);
});
