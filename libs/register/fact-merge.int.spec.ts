import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { clearPerson, writeFacts, writePerson, type IndexedFact } from './data/fact-rows';
import { factLine, heldFacts } from './data/held-facts';
import { FactMerge, type Merged } from './fact-merge';

let test: TestDatabase;
let merges: FactMerge;

beforeAll(async () => {
  test = await startTestDatabase();
  merges = new FactMerge(test.database);
}, 60_000);
afterAll(() => test.close());
beforeEach(async () => {
  await test.ownerQuery('delete from facts.fact');
  await test.ownerQuery('delete from facts.person');
  await mergeAll();
});

const fact = (code: string, start?: string, value?: number): IndexedFact => ({
  kind: 'observation',
  system: 's',
  code,
  start,
  end: undefined,
  value,
  unit: value === undefined ? '' : 'mg',
  comparator: '',
  resultSystem: '',
  result: '',
  device: false,
  encounter: undefined,
});
const demographics = {
  birthMonth: '1970-06',
  sex: 'female' as const,
  zip3: '021',
  state: 'MA',
  race: undefined,
  ethnicity: undefined,
  deceased: false,
};
const write = (number: number, ...facts: readonly IndexedFact[]) =>
  test.database.transaction('index', async (tx) => {
    await clearPerson(tx, BigInt(number));
    await writePerson(tx, BigInt(number), demographics);
    await writeFacts(tx, BigInt(number), facts);
  });
const mergeAll = async (): Promise<Merged[]> => {
  const all: Merged[] = [];
  for await (const merged of merges.mergeAll()) all.push(merged);
  return all;
};
const slotOf = async (number: number): Promise<number | undefined> =>
  (await test.ownerQuery<{ slot: number }>('select slot from facts.slot where index_no = $1', [number]))[0]?.slot;
/** Codes of all facts that somebody has, by the person's number; `0` for those that are nobody's. */
async function held(): Promise<Record<string, string[]>> {
  const facts = await test.database.transaction('index', (tx) => heldFacts(tx, 0));
  const rows = await test.ownerQuery<{ slot: number; index_no: string | null }>(
    'select slot, index_no from facts.slot',
  );
  const numbers = new Map(rows.map(({ slot, index_no }) => [slot, index_no ?? '0']));
  const found: Record<string, string[]> = {};
  for (const [slot, lines] of facts) {
    (found[numbers.get(slot) ?? 'lost'] ??= []).push(...lines.map((line) => (JSON.parse(line) as string[])[2]!));
  }
  for (const codes of Object.values(found)) codes.sort();
  return found;
}
const inRows = async () => (await test.ownerQuery('select from facts.fact')).length;

describe('merging', () => {
  it('moves facts from rows into blocks, each with its day, number and unit', async () => {
    const facts = [fact('a', '2001-02-03', 6.1), fact('b'), fact('a', '1899-12-31', 7), fact('a', '2001-02-03')];
    await write(7, ...facts);
    await write(8, fact('b', '2020-02-29'));
    const lines = (await test.database.transaction('index', (tx) => heldFacts(tx, 0))).get((await slotOf(7))!)!;
    expect(await mergeAll()).toEqual([{ persons: 2, facts: 5, emptied: 0 }]);
    expect(await inRows()).toBe(0);
    const merged = await test.database.transaction('index', (tx) => heldFacts(tx, 0));
    expect(merged.get((await slotOf(7))!)!.sort()).toEqual(lines.sort());
    expect(lines).toEqual(facts.map((each) => factLine({ ...each })).sort());
    expect(await mergeAll()).toEqual([]);
  });

  it('gives whoever is written anew another slot, and takes the old facts out the next time', async () => {
    await write(7, fact('a'), fact('b'));
    await write(8, fact('a'));
    await mergeAll();
    const before = await slotOf(7);
    await write(7, fact('c'));
    expect(await slotOf(7)).not.toBe(before);
    expect(await held()).toEqual({ 7: ['c'], 8: ['a'], 0: ['a', 'b'] });
    expect(await mergeAll()).toEqual([{ persons: 1, facts: 1, emptied: 1 }]);
    expect(await held()).toEqual({ 7: ['c'], 8: ['a'] });
    // The slot is free: the next person takes it, and no code is remembered without a fact.
    await write(9, fact('a'));
    expect(await slotOf(9)).toBe(before);
    expect(await test.ownerQuery('select code from facts.code order by 1')).toEqual([{ code: 'a' }, { code: 'c' }]);
  });

  it('leaves whoever is not merged its slot', async () => {
    await write(7, fact('a'));
    const before = await slotOf(7);
    await write(7, fact('b'));
    expect(await slotOf(7)).toBe(before);
    expect(await held()).toEqual({ 7: ['b'] });
  });

  it('gives a block another version whenever it changes, and leaves the others alone', async () => {
    const versions = async () =>
      Object.fromEntries(
        (
          await test.ownerQuery<{ code: string; ver: string }>(
            'select c.code, b.ver from facts.block b join facts.code c on c.number = b.code',
          )
        ).map(({ code, ver }) => [code, BigInt(ver)]),
      );
    await write(7, fact('a'), fact('b'));
    await mergeAll();
    const before = await versions();
    await write(8, fact('a'));
    await mergeAll();
    const after = await versions();
    expect(after.a! > before.a! && after.a! > before.b!).toBe(true);
    expect(after.b).toBe(before.b);
    await test.ownerQuery('update facts.block set ver = 1');
    expect((await versions()).a! > after.a!).toBe(true);
  });

  it('waits for nobody who writes a person, and merges that person later', async () => {
    await write(7, fact('a'));
    await write(8, fact('a'));
    await test.database.transaction('index', async (tx) => {
      await clearPerson(tx, 7n);
      expect(await mergeAll()).toEqual([{ persons: 1, facts: 1, emptied: 0 }]);
      await writePerson(tx, 7n, demographics);
      await writeFacts(tx, 7n, [fact('b')]);
    });
    expect(await held()).toEqual({ 7: ['b'], 8: ['a'] });
    await mergeAll();
    expect(await held()).toEqual({ 7: ['b'], 8: ['a'] });
  });

  it('is not due for a few persons, but when their old facts have waited for a day', async () => {
    await write(7, fact('a'));
    expect(await merges.due()).toEqual([]);
    await mergeAll();
    await write(7, fact('b'));
    expect(await merges.due()).toEqual([]);
    await test.ownerQuery(`update facts.slot set retired_at = retired_at - interval '25 hours' where index_no is null`);
    expect(await merges.due()).toEqual([0]);
  });
});

describe('a merged person', () => {
  it('is not changed in rows', async () => {
    await write(7, fact('a'));
    await test.ownerQuery('update facts.person set deceased = true');
    await mergeAll();
    await expect(test.ownerQuery('update facts.person set deceased = false')).rejects.toMatchObject({
      constraint: 'merged_person_kept',
    });
  });

  it('is out of all blocks in the transaction that forgets it, and its slot is free', async () => {
    for (let number = 1; number <= 4; number += 1) {
      await write(number, fact('a', '2001-01-01', number), fact('a', '2002-01-01'), fact(`own-${number}`));
    }
    await mergeAll();
    const before = await held();
    const gone = await slotOf(2);
    await test.ownerQuery(`
      begin;
      delete from facts.person where index_no = 2;
      select facts.empty_slot(${gone});
      commit`);
    delete before['2'];
    expect(await held()).toEqual(before);
    expect(await test.ownerQuery('select n from facts.person_block')).toEqual([{ n: 3 }]);
    expect(await test.ownerQuery('select index_no, merged from facts.slot where slot = $1', [gone])).toEqual([
      { index_no: null, merged: false },
    ]);
  });

  it('leaves columns that say what they said of the others', async () => {
    const numbers = Array.from({ length: 300 }, (_, at) => at + 1);
    await test.database.transaction('index', async (tx) => {
      for (const number of numbers) {
        await writePerson(tx, BigInt(number), demographics);
        await writeFacts(tx, BigInt(number), [fact('a', '2001-01-01', number / 2), fact('a', '1990-05-06')]);
      }
    });
    await mergeAll();
    const before = await test.database.transaction('index', (tx) => heldFacts(tx, 0));
    // 256 is 0x0100: its bytes also stand at an odd place, where 0 and 1 are neighbours, and there nothing may be cut.
    const places = [256, 0, 1, 255, 257, 299];
    for (const place of places) {
      await test.ownerQuery(
        'delete from facts.person where index_no = (select index_no from facts.slot where slot = $1)',
        [place],
      );
      await test.ownerQuery('select facts.empty_slot($1)', [place]);
      before.delete(place);
    }
    expect(await test.database.transaction('index', (tx) => heldFacts(tx, 0))).toEqual(before);
  });
});
