import { criteriaInWords } from '../sentence';
import { importCirce } from './import-circe';

const concept = (id: number, vocabulary: string, code: string) => ({
  concept: { CONCEPT_ID: id, VOCABULARY_ID: vocabulary, CONCEPT_CODE: code, CONCEPT_NAME: 'x' },
  isExcluded: false,
  includeDescendants: true,
  includeMapped: false,
});
const SNOMED = 'http://snomed.info/sct';
const SETS = [
  {
    id: 1,
    name: 'Gastric bleeding (wide)',
    expression: { items: [concept(10, 'SNOMED', '100'), { ...concept(11, 'SNOMED', '101'), isExcluded: true }] },
  },
  { id: 2, name: 'Drug', expression: { items: [{ ...concept(20, 'RxNorm', '200'), includeDescendants: false }] } },
  { id: 3, name: 'Glucose', expression: { items: [concept(30, 'LOINC', '2345-7')] } },
  { id: 4, name: 'Inpatient', expression: { items: [concept(9201, 'Visit', 'IP')] } },
  { id: 5, name: 'Empty', expression: { items: [] } },
];
const bleeding = (more: object = {}) => ({
  ConditionOccurrence: { CodesetId: 1, ConditionTypeExclude: false, ...more },
});
const drug = (more: object = {}) => ({ DrugExposure: { CodesetId: 2, DrugTypeExclude: false, ...more } });
const glucose = (more: object = {}) => ({ Measurement: { CodesetId: 3, ...more } });
const mmol = { CONCEPT_ID: 8753, VOCABULARY_ID: 'UCUM', CONCEPT_CODE: 'mmol/L' };
const mgdl = { CONCEPT_ID: 8840, VOCABULARY_ID: 'UCUM', CONCEPT_CODE: 'mg/dL' };

interface Parts {
  readonly list?: readonly object[];
  readonly limit?: string;
  readonly window?: object;
  readonly group?: object;
  readonly rules?: readonly object[];
  readonly more?: object;
}
const expression = ({ list = [bleeding()], limit = 'First', window, group, rules = [], more }: Parts = {}) => ({
  cdmVersionRange: '>=5.0.0',
  ConceptSets: SETS,
  PrimaryCriteria: {
    CriteriaList: list,
    ObservationWindow: window ?? { PriorDays: 0, PostDays: 0 },
    PrimaryCriteriaLimit: { Type: limit },
  },
  ...(group && { AdditionalCriteria: group }),
  QualifiedLimit: { Type: 'First' },
  ExpressionLimit: { Type: 'First' },
  InclusionRules: rules.map((each) => ({ name: 'a rule', expression: each })),
  CensoringCriteria: [],
  CollapseSettings: { CollapseType: 'ERA', EraPad: 0 },
  CensorWindow: {},
  ...more,
});
const occurs = (criteria: object, { Type = 2, Count = 1, ...more } = {}, window: object = {}) => ({
  Criteria: criteria,
  StartWindow: {
    Start: { Days: 30, Coeff: -1 },
    End: { Days: 0, Coeff: 1 },
    UseIndexEnd: false,
    UseEventEnd: false,
    ...window,
  },
  Occurrence: { Type, Count, IsDistinct: false, ...more },
});
const all = (...CriteriaList: object[]) => ({ Type: 'ALL', CriteriaList, DemographicCriteriaList: [], Groups: [] });

const whole = (parts: Parts) => {
  const { criteria, unmapped } = importCirce(expression(parts));
  expect(unmapped).toEqual([]);
  return criteria!;
};
const named = (parts: Parts) => importCirce(expression(parts)).unmapped.map(({ path }) => path);
const RULE = '/InclusionRules/0/expression';

describe('a Circe expression', () => {
  it('becomes an entry with sets of concepts, as far as they are used', () => {
    const criteria = whole({ limit: 'All' });
    expect(criteria).toEqual({
      version: 1,
      sets: {
        'gastric-bleeding-wide': {
          include: [{ system: SNOMED, codes: ['100'], descendants: true }],
          exclude: [{ system: SNOMED, codes: ['101'], descendants: true }],
        },
      },
      entry: { any: [{ condition: { set: 'gastric-bleeding-wide' } }] },
      all: [],
    });
    expect(criteriaInWords(criteria)[0]).toBe('Days are counted from any condition of the set gastric-bleeding-wide.');
  });

  it.each([
    ['First', 'first'],
    ['Last', 'last'],
    ['All', 'any'],
  ])('with the limit %s begins at the %s', (limit, pick) => {
    expect(Object.keys(whole({ limit }).entry!)).toEqual([pick]);
  });

  it('takes the first event of its only kind, or the first of all firsts', () => {
    const first = { First: true };
    expect(whole({ limit: 'All', list: [bleeding(first)] }).entry).toHaveProperty('first');
    expect(whole({ limit: 'First', list: [bleeding(first), drug(first)] }).entry).toHaveProperty('first');
    // The first of each of two is another thing than any of both, and the first ever than the first in a year.
    const set = 'gastric-bleeding-wide';
    const around = [{ condition: { set, within: { to: -1 }, times: { max: 0 } } }];
    expect(whole({ limit: 'All', list: [bleeding(first), drug()] }).entry).toEqual({
      any: [{ condition: { set, around } }, { medication: { set: 'drug' } }],
    });
    const grown = { ...first, Age: { Value: 18, Op: 'gte' } };
    expect(whole({ list: [bleeding(grown)] }).entry).toEqual({
      first: [{ condition: { set, age: { min: 18 }, around } }],
    });
    expect(whole({ rules: [all(occurs(bleeding(first)))] }).all).toEqual([
      { condition: { set, within: { from: -30, to: 0 }, around } },
    ]);
  });

  it('says ages, days and numbers of an event', () => {
    const asked = {
      Age: { Value: 18, Op: 'gt' },
      OccurrenceStartDate: { Value: '2020-02-29', Op: 'lt' },
      ValueAsNumber: { Value: 7, Op: 'bt', Extent: 9.5 },
      Unit: [mmol, mgdl],
    };
    const query = { set: 'glucose', age: { min: 19 }, dated: { to: '2020-02-28' } };
    const value = { min: 7, max: 9.5 };
    expect(whole({ list: [glucose(asked)] }).entry).toEqual({
      first: [
        { observation: { ...query, value: { ...value, unit: 'mg/dL' } } },
        { observation: { ...query, value: { ...value, unit: 'mmol/L' } } },
      ],
    });
  });

  it('says results that are codes, and numbers beside a limit', () => {
    const positive = { CONCEPT_ID: 9191, VOCABULARY_ID: 'SNOMED', CONCEPT_CODE: '10828004' };
    const asked = {
      ValueAsConcept: [positive, { CONCEPT_ID: 45884084, VOCABULARY_ID: 'LOINC', CONCEPT_CODE: 'LA6576-8' }],
    };
    expect(whole({ list: [glucose(asked)] }).entry).toEqual({
      first: [
        { observation: { set: 'glucose', result: { system: SNOMED, codes: ['10828004'] } } },
        { observation: { set: 'glucose', result: { system: 'http://loinc.org', codes: ['LA6576-8'] } } },
      ],
    });
    for (const [Op, value] of [
      ['gt', { above: 7.5 }],
      ['lt', { below: 7.5 }],
    ] as const) {
      const { entry } = whole({ list: [glucose({ ValueAsNumber: { Value: 7.5, Op } })] });
      expect(entry).toEqual({ first: [{ observation: { set: 'glucose', value } }] });
    }
  });

  it('joins criteria with windows and counts', () => {
    const within = { from: -30, to: 0 };
    const group = {
      Type: 'AT_LEAST',
      Count: 2,
      CriteriaList: [
        occurs(drug()),
        occurs(drug(), { Type: 0, Count: 0 }),
        occurs({ VisitOccurrence: { CodesetId: 4 } }, {
          Count: 3,
          IsDistinct: true,
          CountColumn: 'START_DATE',
        } as object),
      ],
    };
    const visits = { system: 'https://fhir-terminology.ohdsi.org', codes: ['9201'], descendants: true };
    const criteria = whole({ group });
    expect(criteria.sets!.inpatient).toEqual({ include: [visits] });
    expect(criteria.all).toEqual([
      {
        atLeast: 2,
        of: [
          { encounter: { set: 'inpatient', within, times: { min: 3 } } },
          { medication: { set: 'drug', within, times: { min: 0, max: 0 } } },
          { medication: { set: 'drug', within } },
        ],
      },
    ]);
  });

  it('joins groups in groups, and people by age and sex at the entry', () => {
    const people = {
      Type: 'ANY',
      DemographicCriteriaList: [
        { Age: { Value: 65, Op: 'lt' }, Gender: [{ CONCEPT_ID: 8532 }] },
        { Age: { Value: 80, Op: 'eq' } },
      ],
    };
    const never = { Type: 'AT_MOST', Count: 0, CriteriaList: [occurs(drug()), occurs(glucose())] };
    const once = { Type: 'AT_MOST', Count: 1, CriteriaList: [occurs(drug()), occurs(glucose())] };
    const within = { from: -30, to: 0 };
    const either = [{ medication: { set: 'drug', within } }, { observation: { set: 'glucose', within } }];
    const { all: rules } = whole({ rules: [{ Type: 'ALL', Groups: [people, never] }, once] });
    expect(rules).toEqual([
      {
        all: [
          {
            any: [
              { age: { min: 80, max: 80, at: 'entry' } },
              { all: [{ age: { max: 64, at: 'entry' } }, { sex: ['female'] }] },
            ],
          },
          { none: [{ any: either }] },
        ],
      },
      { none: [{ atLeast: 2, of: either }] },
    ]);
  });

  it('keeps more rules than stand in one list, one inside of the other', () => {
    const many = Array.from({ length: 13 }, (_, n) => occurs(drug({ Age: { Value: n, Op: 'gte' } })));
    expect(whole({ rules: [all(...many)] }).all).toHaveLength(1);
    expect(whole({ rules: many.map((each) => all(each)) }).all).toHaveLength(1);
  });

  it('says the sex of an event, and criteria that are counted from it, around the event', () => {
    const set = 'gastric-bleeding-wide';
    const treated = { medication: { set: 'drug', within: { from: -30, to: 0 } } };
    const asked = { Gender: [{ CONCEPT_ID: 8507 }], CorrelatedCriteria: all(occurs(drug())) };
    expect(whole({ list: [bleeding(asked)] }).entry).toEqual({
      first: [{ condition: { set, around: [treated, { sex: ['male'] }] } }],
    });
    const visit = {
      VisitOccurrence: {
        CodesetId: 4,
        CorrelatedCriteria: all(occurs(bleeding({ CorrelatedCriteria: all(occurs(drug())) }))),
      },
    };
    const within = { from: -30, to: 0 };
    expect(whole({ rules: [all(occurs(visit))] }).all).toEqual([
      { encounter: { set: 'inpatient', within, around: [{ condition: { set, within, around: [treated] } }] } },
    ]);
  });

  it('looks concepts up that come without a code', () => {
    const sets = [{ id: 1, name: 'x', expression: { items: [{ concept: { CONCEPT_ID: 10 } }] } }];
    const found = importCirce(expression({ more: { ConceptSets: sets } }), (id) =>
      id === 10 ? { vocabulary: 'SNOMED', code: '100' } : undefined,
    );
    expect(found.criteria!.sets).toEqual({ x: { include: [{ system: SNOMED, codes: ['100'] }] } });
  });

  it('names apart what says nothing of who is found', () => {
    const end = { EndStrategy: { DateOffset: { DateField: 'EndDate', Offset: 7 } }, CensoringCriteria: [bleeding()] };
    const { unmapped, withoutEffect } = importCirce(expression({ more: end }));
    expect(unmapped).toEqual([]);
    expect(withoutEffect.map(({ path }) => path)).toEqual(['/EndStrategy', '/CensoringCriteria', '/CollapseSettings']);
  });
});

describe('what is not said here is named', () => {
  const primary = '/PrimaryCriteria/CriteriaList/0';
  const inside = `${RULE}/CriteriaList/0`;
  it.each<[string, Parts, string[]]>([
    ['an unknown member', { more: { Later: { a: 1 } } }, ['/Later']],
    ['a window of the calendar', { more: { CensorWindow: { StartDate: '2020-01-01' } } }, ['/CensorWindow']],
    [
      'time of observation',
      { window: { PriorDays: 365, PostDays: 0 } },
      ['/PrimaryCriteria/ObservationWindow/PriorDays'],
    ],
    ['a domain', { list: [bleeding(), { Death: {} }] }, ['/PrimaryCriteria/CriteriaList/1/Death']],
    ['an era', { list: [bleeding(), { DrugEra: { CodesetId: 2 } }] }, ['/PrimaryCriteria/CriteriaList/1/DrugEra']],
    ['an event of any code', { rules: [all(occurs({ VisitOccurrence: {} }))] }, [`${inside}/Criteria/VisitOccurrence`]],
    ['an empty set', { rules: [all(occurs(drug({ CodesetId: 5 })))] }, [`${inside}/Criteria/DrugExposure`]],
    [
      'criteria in an event that has none',
      { list: [bleeding({ CorrelatedCriteria: all(occurs({ Death: {} })) })] },
      [`${primary}/ConditionOccurrence/CorrelatedCriteria/CriteriaList/0/Criteria/Death`],
    ],
    [
      'a result without a code',
      { list: [glucose({ ValueAsConcept: [{ CONCEPT_NAME: 'high' }] })] },
      [`${primary}/Measurement/ValueAsConcept/0`],
    ],
    [
      'a result that is a number and a code',
      { list: [glucose({ ValueAsConcept: [{ CONCEPT_ID: 1 }], ValueAsNumber: { Value: 1, Op: 'gt' } })] },
      [`${primary}/Measurement/ValueAsNumber`],
    ],
    [
      'everything but a range',
      { list: [glucose({ ValueAsNumber: { Value: 1, Op: '!bt', Extent: 2 } })] },
      [`${primary}/Measurement/ValueAsNumber`],
    ],
    [
      'a unit that is no UCUM',
      { list: [glucose({ ValueAsNumber: { Value: 1, Op: 'gte' }, Unit: [{ CONCEPT_ID: 1 }] })] },
      [`${primary}/Measurement/Unit/0`],
    ],
    [
      'the sex of an event that is neither',
      { list: [bleeding({ Gender: [{ CONCEPT_ID: 8521 }] }), drug()] },
      [`${primary}/ConditionOccurrence/Gender`],
    ],
    [
      'a window of ends',
      { rules: [all({ ...occurs(drug()), EndWindow: { UseEventEnd: true } })] },
      [`${inside}/EndWindow`],
    ],
    [
      'a window from the end',
      { rules: [all(occurs(drug(), {}, { UseIndexEnd: true }))] },
      [`${inside}/StartWindow/UseIndexEnd`],
    ],
    [
      'a window to before itself',
      { rules: [all(occurs(drug(), {}, { End: { Days: 31, Coeff: -1 } }))] },
      [`${inside}/StartWindow`],
    ],
    ['the same visit', { rules: [all({ ...occurs(drug()), RestrictVisit: true })] }, [`${inside}/RestrictVisit`]],
    ['several times of one day', { rules: [all(occurs(drug(), { Count: 2 }))] }, [`${inside}/Occurrence`]],
    [
      'distinct concepts',
      { rules: [all(occurs(drug(), { Count: 2, IsDistinct: true, CountColumn: 'DOMAIN_CONCEPT' } as object))] },
      [`${inside}/Occurrence`],
    ],
    [
      'a group of more than there are',
      { rules: [{ Type: 'AT_LEAST', Count: 3, CriteriaList: [occurs(drug()), occurs(drug())] }] },
      [RULE],
    ],
    [
      'race',
      { rules: [{ Type: 'ALL', DemographicCriteriaList: [{ Race: [{ CONCEPT_ID: 1 }] }] }] },
      [`${RULE}/DemographicCriteriaList/0/Race`],
    ],
    [
      'one entry of several',
      { limit: 'All', group: all(occurs(drug())), rules: [all(occurs(glucose()))] },
      ['/QualifiedLimit'],
    ],
  ])('%s', (_, parts, paths) => {
    expect(named(parts)).toEqual(paths);
  });

  it('every place of an event that cannot be said, beside the event', () => {
    const both = { ...occurs({ Death: {} }), EndWindow: { UseEventEnd: true } };
    expect(named({ rules: [all(both)] })).toEqual([`${inside}/EndWindow`, `${inside}/Criteria/Death`]);
  });

  it('groups without an end', () => {
    const group = JSON.parse(`${'{"Type":"ALL","Groups":['.repeat(2000)}${']}'.repeat(2000)}`) as object;
    expect(named({ rules: [group] })).toEqual([`${RULE}${'/Groups/0'.repeat(16)}`]);
  });

  it('mapped concepts', () => {
    const items = [{ ...concept(10, 'SNOMED', '100'), includeMapped: true }, { concept: {} }];
    const sets = [{ id: 1, name: 'x', expression: { items } }];
    const path = '/ConceptSets/0/expression/items';
    expect(named({ more: { ConceptSets: sets } })).toEqual([`${path}/0/includeMapped`, `${path}/1`]);
  });

  it('and there are no criteria where no entry is left, or where they would be too large', () => {
    const none = importCirce(expression({ list: [{ Death: {} }] }));
    expect(none.criteria).toBeNull();
    expect(none.unmapped.map(({ path }) => path)).toContain('/PrimaryCriteria');
    const many = Array.from({ length: 45 }, (_, n) => occurs(drug({ Age: { Value: n, Op: 'gte' } })));
    const large = importCirce(expression({ rules: [all(...many)] }));
    expect([large.criteria, large.unmapped]).toEqual([null, [{ path: '', why: 'criteria have at most 40 rules' }]]);
  });

  it.each([
    ['nothing', null],
    ['a list', []],
    ['another document', { version: 1 }],
    ['no events', { PrimaryCriteria: { CriteriaList: [] } }],
  ])('and %s is refused', (_, json) => {
    expect(() => importCirce(json)).toThrow(expect.objectContaining({ code: 'CRITERIA_INVALID' }));
  });

  it('and nothing in a document is taken for a rule by its name', () => {
    const odd = JSON.parse('{"constructor":{"CodesetId":1}}') as object;
    expect(named({ list: [bleeding(), odd] })).toEqual(['/PrimaryCriteria/CriteriaList/1/constructor']);
  });
});

it('gives each concept set a name of its own, and says which id is there twice', () => {
  const items = (code: string) => ({ items: [{ ...concept(1, 'SNOMED', code), includeDescendants: false }] });
  const sets = [
    { id: 1, name: 'a set 5', expression: items('one') },
    { id: 2, name: 'a', expression: items('two') },
    { id: 5, name: 'a', expression: items('five') },
    { id: 5, name: 'b', expression: items('other') },
  ];
  const { criteria, unmapped } = importCirce(expression({ more: { ConceptSets: sets } }));
  expect(Object.values(criteria!.sets!)).toEqual([{ include: [{ system: SNOMED, codes: ['one'] }] }]);
  expect(unmapped).toEqual([expect.objectContaining({ why: 'another concept set has this id' })]);
});
