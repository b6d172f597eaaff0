import fc from 'fast-check';
import { comparePlaces, isEnteredInError, passes, placeOf, TimelinePage, type SeenResource } from './timeline';

const seen = (changes: { day?: string | null; id?: string; bytes?: number; record?: string }): SeenResource => ({
  resource: { resourceType: 'Observation', id: changes.id ?? 'o' },
  category: {
    type: 'Observation',
    codes: ['http://loinc.org|1-1'],
    labels: [],
    provider: 'p',
    device: null,
    day: changes.day ?? null,
  },
  sourceRecordId: changes.record ?? 'a',
  bytes: changes.bytes ?? 10,
});

const anything = fc.record({
  day: fc.constantFrom(null, '1950-01-01', '2001-01-01', '2020-05-05'),
  id: fc.integer({ min: 1, max: 40 }).map(String),
  bytes: fc.integer({ min: 1, max: 100 }),
  record: fc.constantFrom('a', 'b'),
});
const distinct = fc.uniqueArray(anything, {
  maxLength: 60,
  selector: ({ record, id }) => `${record} ${id}`,
});

describe('pages of a timeline', () => {
  it('show everything once, newest first, whatever their size and the order of reading', () => {
    fc.assert(
      fc.property(
        distinct,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 300 }),
        (rows, limit, bytesMax) => {
          const all = rows.map(seen);
          const shown: SeenResource[] = [];
          for (let more = true; more;) {
            const last = shown.at(-1);
            const page = new TimelinePage({ limit, bytesMax, after: last ? placeOf(last) : null });
            all.forEach((one) => page.add(one));
            expect(page.rows.length).toBeLessThanOrEqual(limit);
            const bytes = page.rows.reduce((sum, one) => sum + one.bytes, 0);
            expect(page.rows.length <= 1 || bytes <= bytesMax).toBe(true);
            shown.push(...page.rows);
            more = page.hasMore;
          }
          expect(shown).toEqual([...all].sort((a, b) => comparePlaces(placeOf(a), placeOf(b))));
        },
      ),
    );
  });

  it('put what has no day last', () => {
    const days = [seen({ day: null }), seen({ day: '1960-01-01' }), seen({ day: '2020-01-01' })];
    expect(days.sort((a, b) => comparePlaces(placeOf(a), placeOf(b))).map(({ category }) => category.day)).toEqual([
      '2020-01-01',
      '1960-01-01',
      null,
    ]);
  });
});

describe('a filter', () => {
  const { category } = seen({ day: '2001-06-15' });
  it.each([
    [{}, true],
    [{ types: ['Observation'] }, true],
    [{ types: ['Condition'] }, false],
    [{ codes: ['http://loinc.org|2-2', 'http://loinc.org|1-1'] }, true],
    [{ codes: ['http://loinc.org|2-2'] }, false],
    [{ from: '2001-06-15', to: '2001-06-15' }, true],
    [{ from: '2001-06-16' }, false],
    [{ to: '2001-06-14' }, false],
    [{ provider: 'p' }, true],
    [{ provider: 'q' }, false],
  ])('%j lets through: %s', (filter, expected) => {
    expect(passes(filter, category)).toBe(expected);
  });
  it('on days lets nothing through that has none', () => {
    expect(passes({ from: '1900-01-01' }, { ...category, day: null })).toBe(false);
  });
});

it('knows what was entered in error, however the type says it', () => {
  const resource = { resourceType: 'Condition', id: 'c' };
  expect(isEnteredInError({ ...resource, status: 'entered-in-error' })).toBe(true);
  expect(isEnteredInError({ ...resource, verificationStatus: { coding: [{ code: 'entered-in-error' }] } })).toBe(true);
  expect(isEnteredInError({ ...resource, lifecycleStatus: 'entered-in-error' })).toBe(true);
  expect(
    isEnteredInError({ ...resource, status: 'final', verificationStatus: { coding: [{ code: 'confirmed' }] } }),
  ).toBe(false);
});
