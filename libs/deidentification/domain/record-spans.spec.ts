import { dayNumber, dayText, firstOfQuarter } from './calendar';
import { RecordSpans, spanOf } from './record-spans';

const asOf = dayNumber(2020, 6, 15);
const span = (resource: object, ...elements: string[]) => {
  const { first, last } = spanOf(resource as Record<string, unknown>, elements, asOf);
  return [first === Infinity ? null : dayText(first), last === -Infinity ? null : dayText(last)];
};

describe('the span of a source record', () => {
  it.each([
    ['a day', { date: '2015-03-05T10:31:19Z' }, ['2015-03-05', '2015-03-05']],
    ['a month, inside of it', { date: '2015-03' }, ['2015-03-31', '2015-03-01']],
    ['the start of a period', { date: { start: '2015-03-05', end: '2016-01-01' } }, ['2015-03-05', '2015-03-05']],
    ['the end of a period that has no start', { date: { end: '2016-01-01' } }, ['2016-01-01', '2016-01-01']],
    ['nothing that is planned', { date: '2020-06-16' }, [null, null]],
    ['nothing that is no date', { date: 'in March' }, [null, null]],
    ['nothing that is no text', { date: { start: 5 } }, [null, null]],
    ['nothing of null', { date: null }, [null, null]],
    ['nothing where there is none', {}, [null, null]],
  ])('takes %s', (_, resource, expected) => {
    expect(span(resource, 'date')).toEqual(expected);
  });

  it('does not begin with an onset, which may be older than the record, but may end with one', () => {
    const condition = { onsetDateTime: '1998-04-01', recordedDate: '2015-03-05' };
    expect(span(condition, 'onsetDateTime', 'recordedDate')).toEqual(['2015-03-05', '2015-03-05']);
    expect(span({ onsetDateTime: '1998-04-01' }, 'onsetDateTime')).toEqual([null, '1998-04-01']);
  });

  it('grows by what is noted, record by record', () => {
    const spans = new RecordSpans();
    expect(spans.of('a')).toEqual({ first: Infinity, last: -Infinity });
    for (const day of [5, 3, 4, 9]) spans.note('a', { first: day, last: day });
    spans.note('b', { first: 7, last: 7 });
    expect([spans.of('a'), spans.of('b')]).toEqual([
      { first: 3, last: 9 },
      { first: 7, last: 7 },
    ]);
  });
});

describe('the first day of a quarter', () => {
  it.each([
    ['2015-01-01', 0, '2015-01-01'],
    ['2015-03-31', 0, '2015-01-01'],
    ['2015-12-31', 0, '2015-10-01'],
    ['2015-12-31', 1, '2016-01-01'],
    ['2015-02-10', 1, '2015-04-01'],
  ])('of %s and %i more is %s', (text, later, expected) => {
    const [year, month, day] = text.split('-').map(Number);
    expect(dayText(firstOfQuarter(dayNumber(year!, month!, day!), later))).toBe(expected);
  });
});
