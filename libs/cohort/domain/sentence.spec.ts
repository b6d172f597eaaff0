import { checkCriteria } from './criteria-document';
import { criteriaInWords } from './sentence';

describe('criteria in words', () => {
  it.each<[unknown, string]>([
    [{ age: { min: 40, max: 70 } }, '40 to 70 years old at the record date.'],
    [{ age: { max: 70, at: 'entry' } }, 'At most 70 years old on the day from which is counted.'],
    [{ sex: ['male', 'female'] }, 'Sex is female or male.'],
    [{ alive: true }, 'Is alive.'],
    [{ region: ['MA', '021', 'VT'] }, 'Lives in 021, MA or VT.'],
    [{ condition: { system: 's', codes: ['b', 'a'] } }, 'Has condition a or b of s.'],
    [
      { observation: { codes: ['x'], value: { min: 6.5, unit: '%' }, within: { from: -30, to: 1 } } },
      'Has observation x with a value of at least 6.5 % from 30 days before to 1 day after.',
    ],
    [
      { observation: { codes: ['x'], value: { above: 5, below: 7, unit: 'mg' } } },
      'Has observation x with a value of more than 5 and less than 7 mg.',
    ],
    [
      { observation: { codes: ['x'], value: { min: 5, below: 7 } } },
      'Has observation x with a value of at least 5 and less than 7.',
    ],
    [{ observation: { codes: ['x'], value: { above: 5 } } }, 'Has observation x with a value of more than 5.'],
    [
      { observation: { codes: ['x'], result: { system: 's', codes: ['b', 'a'] }, device: true } },
      'Has observation x with a result a or b of s measured by a device.',
    ],
    [
      {
        condition: {
          codes: ['x'],
          within: { to: 0 },
          times: { min: 2 },
          around: [{ procedure: { codes: ['y'], within: { from: 0 } } }],
        },
      },
      'Has condition x at the latest the day itself on at least 2 days and around it (has procedure y at the earliest the day itself).',
    ],
    [
      { encounter: { codes: ['x'], within: { to: -1 }, times: { min: 2, max: 2 } } },
      'Has encounter x at the latest 1 day before on 2 days.',
    ],
    [{ procedure: { codes: ['x'], within: { from: 0 } } }, 'Has procedure x at the earliest the day itself.'],
    [
      { allergy: { codes: ['x'], age: { min: 5 }, dated: { from: '2001-01-01' } } },
      'Has allergy x at the age of at least 5 since 2001-01-01.',
    ],
    [
      { immunization: { codes: ['x'], dated: { from: '2001-01-01', to: '2002-01-01' } } },
      'Has immunization x between 2001-01-01 and 2002-01-01.',
    ],
    [{ medication: { codes: ['x'], dated: { to: '2002-01-01' } } }, 'Has medication x until 2002-01-01.'],
    [
      { none: [{ sex: ['male'] }, { any: [{ sex: ['other'] }, { region: ['MA'] }] }] },
      'None of: (one or more of: (lives in MA) or (sex is other)) or (sex is male).',
    ],
    [
      { atLeast: 1, of: [{ sex: ['male'] }, { all: [{ sex: ['other'] }] }] },
      'At least 1 of: (all of: (sex is other)) and (sex is male).',
    ],
  ])('%j', (rule, expected) => {
    const criteria = checkCriteria({ version: 1, entry: { last: [{ condition: { codes: ['e'] } }] }, all: [rule] });
    expect(criteriaInWords(criteria)).toEqual(['Days are counted from the last condition e.', expected]);
  });

  it('say what is in the sets', () => {
    const exclude = [{ codes: ['E11.0'] }];
    const include = [{ system: 'icd', codes: ['E11'], descendants: true }, { codes: ['d', 'c'] }];
    const all = [{ condition: { set: 'type-2', age: { min: 40 } } }, { medication: { set: 'drugs' } }];
    const sets = { 'type-2': { include, exclude }, drugs: { include: [{ codes: ['x'] }] } };
    expect(criteriaInWords(checkCriteria({ version: 1, sets, all }))).toEqual([
      'Has condition of the set type-2 at the age of at least 40.',
      'Has medication of the set drugs.',
      'The set drugs is x.',
      'The set type-2 is E11 with everything below of icd or c or d, but not E11.0.',
    ]);
  });

  it('name every way in', () => {
    const words = (entry: object) => criteriaInWords(checkCriteria({ version: 1, entry, all: [] }));
    const [a, b] = [{ condition: { codes: ['a'] } }, { procedure: { codes: ['b'] } }];
    expect(words({ first: [a, b] })).toEqual(['Days are counted from the first condition a or procedure b.']);
    expect(words({ any: [b] })).toEqual(['Days are counted from any procedure b.']);
    expect(criteriaInWords(checkCriteria({ version: 1, all: [] }))).toEqual([]);
  });
});
