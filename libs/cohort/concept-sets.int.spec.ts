import { FactMerge } from '@aceso/register';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { CohortIndex } from './cohort-index';
import { CohortService } from './cohort.service';
import { ConceptLists } from './concept-lists';
import { NAMED_CODES_MAX } from './data/index-codes';
import { checkCriteria } from './domain';
import { ConceptTree } from './domain/concept-tree';
import { indexPersonId, insertIndexPerson, insertIndexRules, type IndexFact } from './testing';

const [ICD, DRUGS] = ['http://hl7.org/fhir/sid/icd-10-cm', 'local'];
const WITH_TEXT = 11;

let test: TestDatabase;
let cohorts: CohortService;
let lists: ConceptLists;

const icd = (code: string): IndexFact => ({ kind: 'condition', system: ICD, code, start: '2018-01-01' });
const drug = (code: string): IndexFact => ({ kind: 'medication', system: DRUGS, code, start: '2018-02-01' });
const found = async (sets: unknown, ...all: unknown[]) =>
  cohorts.find(checkCriteria({ version: 1, sets, all: all.length > 0 ? all : [{ condition: { set: 'a' } }] }));
const below = (system: string | undefined, ...codes: string[]) => ({
  ...(system && { system }),
  codes,
  descendants: true,
});
const persons = (...numbers: number[]) => numbers.map(indexPersonId);

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: '2019-05-31' } });
  const tree = new ConceptTree([
    { system: DRUGS, code: 'pain', parent: undefined },
    { system: DRUGS, code: 'ibuprofen', parent: 'pain' },
    { system: DRUGS, code: 'ibuprofen-200', parent: 'ibuprofen' },
  ]);
  cohorts = new CohortService(
    test.database,
    test.runtime,
    test.config,
    new CohortIndex(test.database, { concepts: tree }),
  );
  lists = new ConceptLists(test.database, tree);
  await insertIndexPerson(test.ownerQuery, { n: 1, facts: [icd('E11.9'), drug('ibuprofen-200')] });
  await insertIndexPerson(test.ownerQuery, { n: 2, facts: [icd('E1165'), drug('other')] });
  await insertIndexPerson(test.ownerQuery, { n: 3, facts: [icd('E10.9'), drug('ibuprofen')] });
  await insertIndexPerson(test.ownerQuery, { n: 4, facts: [{ ...icd('E11.9'), system: 'other' }] });
  await insertIndexPerson(test.ownerQuery, { n: 5, facts: [icd('F11.1'), icd('E11.0')] });
}, 60_000);
afterAll(() => test.close());

describe.each(['rows', 'blocks'])('sets over facts in %s', (where) => {
  beforeAll(async () => {
    if (where === 'rows') return;
    let merged = 0;
    for await (const { facts } of new FactMerge(test.database).mergeAll()) merged += facts;
    expect(merged).toBeGreaterThan(0);
  });

  it('find what is below a code of ICD-10, in its systems only', async () => {
    expect(await found({ a: { include: [below(ICD, 'E11')] } })).toEqual(persons(1, 2, 5));
    expect(await found({ a: { include: [below(undefined, 'E11')] } })).toEqual(persons(1, 2, 5));
    expect(await found({ a: { include: [{ codes: ['E11.9'] }] } })).toEqual(persons(1, 4));
    expect(await found({ a: { include: [below(ICD, 'E11')], exclude: [below(ICD, 'E11.6')] } })).toEqual(persons(1, 5));
  });

  it('find what is below a code by the table', async () => {
    const rule = { medication: { set: 'a' } };
    expect(await found({ a: { include: [below(DRUGS, 'pain')] } }, rule)).toEqual(persons(1, 3));
    expect(await found({ a: { include: [below(DRUGS, 'ibuprofen-200')] } }, rule)).toEqual(persons(1));
    expect(await found({ a: { include: [below('elsewhere', 'pain')] } }, rule)).toEqual([]);
  });

  it('are not refused for what the index has, or the refusal would say that somebody has it', async () => {
    const codes = Array.from({ length: 999 }, (_, n) => `x${n}`);
    const include = (code: string) => [{ codes }, { codes: codes.map((each) => `${each}-too`) }, below(ICD, code)];
    const events = Array.from({ length: 10 }, (_, age) => ({
      condition: { set: 'a', age: { min: 0, max: 130 - age } },
    }));
    expect(await found({ a: { include: include('E11') } }, { any: events })).toEqual(persons(1, 2, 5));
    expect(await found({ a: { include: include('Z99') } }, { any: events })).toEqual([]);
  });

  it('stand for a limited number of codes', async () => {
    const codes = Array.from({ length: 1000 }, (_, n) => `x${n}`);
    const sets = (parts: number) =>
      Object.fromEntries(
        Array.from({ length: parts }, (_, n) => [
          `s${n}`,
          { include: [{ codes: codes.map((code) => `${code}-${n}`) }] },
        ]),
      );
    const rules = (parts: number) => ({
      any: Array.from({ length: parts }, (_, n) => ({ condition: { set: `s${n}` } })),
    });
    const wide = {
      ...sets(3),
      s0: { include: Array.from({ length: 10 }, (_, p) => ({ codes: codes.map((c) => `${c}/${p}`) })) },
    };
    const twice = { ...wide, s1: wide.s0, s2: { include: [{ codes: ['x'] }] } };
    expect(await found(wide, rules(3))).toEqual([]);
    const refused = { code: 'CRITERIA_TOO_WIDE' };
    await expect(found(twice, rules(3))).rejects.toMatchObject(refused);
    expect(NAMED_CODES_MAX).toBe(2 * 10 * codes.length);
  });

  it('find nobody by what the person keeps back', async () => {
    if (where === 'rows')
      await insertIndexRules(test.ownerQuery, 5, [{ subject: 'research', level: 'none', labels: ['SUD'] }]);
    expect(await found({ a: { include: [below(ICD, 'F11')] } })).toEqual([]);
    expect(await found({ a: { include: [below(ICD, 'E11')] } })).toEqual(persons(1, 2, 5));
  });
});

describe('a pasted list', () => {
  const vote = async (code: string, count: number, system = DRUGS) =>
    test.ownerQuery(
      `insert into facts.display_text (system, code, text_hash, persons, text)
       values ($1, $2, decode(md5($2), 'hex'), $3::integer, case when $3::integer >= ${WITH_TEXT} then 'text of ' || $2 end)`,
      [system, code, count],
    );

  it('is compared with the table and with what enough persons carry, and says nothing of rarer codes', async () => {
    await vote('common', WITH_TEXT);
    await vote('rare', WITH_TEXT - 1);
    // Both of these are facts of one person.
    expect(await lists.match(DRUGS, 'common, rare; ibuprofen\nother typo')).toEqual({
      systemKnown: true,
      descendantsKnown: true,
      matched: [
        { code: 'common', text: 'text of common' },
        { code: 'ibuprofen', text: null },
      ],
      unmatched: ['rare', 'other', 'typo'],
    });
  });

  it('is told whether the system is known, and what is below its codes', async () => {
    await vote('some', WITH_TEXT, 'carried');
    await vote('some', WITH_TEXT - 1, 'rarely');
    const known = async (system: string) => {
      const { matched, unmatched, ...said } = await lists.match(system, 'mistyped');
      expect([matched, unmatched]).toEqual([[], ['mistyped']]);
      return said;
    };
    for (const system of [ICD, DRUGS]) {
      expect(await known(system)).toEqual({ systemKnown: true, descendantsKnown: true });
    }
    expect(await known('carried')).toEqual({ systemKnown: true, descendantsKnown: false });
    for (const system of ['rarely', 'elsewhere']) {
      expect(await known(system)).toEqual({ systemKnown: false, descendantsKnown: false });
    }
  });
});
