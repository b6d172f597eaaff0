import { projectPerson, saleOf, type PersonEntry } from '../testing';
import { dayNumber } from './calendar';
import type { JsonMembers } from './element-rules';
import { policyNamed } from './policies';
import { compileProjector, type PersonProjector, type SaleContext } from './projector';
import { RecordSpans } from './record-spans';

const SNOMED = 'http://snomed.info/sct';
const LOINC = 'http://loinc.org';
const UCUM = 'http://unitsofmeasure.org';
const POSITION = { sourceRecordId: 'record-1', sequence: 1, line: 0 };
const concept = (system: string, code: string) => ({
  coding: [{ system, code, display: 'text of Dr. Smith' }],
  text: 'Smith',
});
const released = (system: string, code: string) => ({ coding: [{ system, code }] });

/** The person of a record that began long ago and goes on until the record date. */
function openPerson(projector: PersonProjector) {
  const spans = new RecordSpans();
  spans.note(POSITION.sourceRecordId, { first: dayNumber(1990, 1, 1), last: dayNumber(2020, 6, 15) });
  return projector.person('person-1', { spans });
}

function project(
  resource: JsonMembers,
  changes: Partial<SaleContext> & { policy?: string; others?: JsonMembers[] } = {},
) {
  const projector = compileProjector(policyNamed(changes.policy ?? 'expert-1'), saleOf(1, changes));
  const person = openPerson(projector);
  [resource, ...(changes.others ?? [])].forEach((one, line) => projector.note(one, { ...POSITION, line }, person));
  const projected = projector.project(resource, POSITION, person);
  return { projected, row: projected?.row as JsonMembers | undefined, person };
}

const observation = (members: JsonMembers) => ({
  resourceType: 'Observation',
  id: 'source-id',
  status: 'final',
  code: concept(LOINC, '718-7'),
  effectiveDateTime: '2015-03-05T10:31:19+00:00',
  ...members,
});

describe('projection of a resource', () => {
  it('gives no row of what was entered in error, and nothing refers to it', () => {
    const visit = { resourceType: 'Encounter', id: 'visit', status: 'entered-in-error' };
    expect(project(observation({ status: 'entered-in-error' })).projected).toBeNull();
    const { row } = project(observation({ encounter: { reference: 'Encounter/visit' } }), { others: [visit] });
    expect(row).toBeDefined();
    expect(row).not.toHaveProperty('encounter');
    const kept = project(observation({ encounter: { reference: 'Encounter/visit' } }), {
      others: [{ ...visit, status: 'finished' }],
    });
    expect(kept.row).toHaveProperty('encounter');
  });

  it('keeps what the policy names and nothing else', () => {
    const { projected, person } = project(
      observation({
        meta: { source: 'x' },
        text: { div: '<div>Smith</div>' },
        identifier: [{ value: '42' }],
        extension: [{ url: 'x', valueString: 'Smith' }],
        note: [{ text: 'Smith' }],
        issued: '2015-03-05T10:31:19.123Z',
        performer: [{ display: 'Dr. Smith' }],
        subject: { reference: 'Patient/source-patient', display: 'Smith' },
        valueQuantity: { value: 14.123456789, unit: 'g/dL', system: UCUM, code: 'g/dL', extension: [] },
      }),
    );
    const row = projected!.row;
    expect(Object.keys(row)).toEqual([
      'resourceType',
      'id',
      'subject',
      'code',
      'effectiveDateTime',
      'status',
      'valueQuantity',
    ]);
    expect(row).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      subject: { reference: `Patient/${person.pseudonym}` },
      code: released(LOINC, '718-7'),
      status: 'final',
      valueQuantity: { value: 14.1, unit: 'g/dL', system: UCUM, code: 'g/dL' },
    });
    expect(row['effectiveDateTime']).not.toBe('2015-03-05');
    expect(projected).toMatchObject({
      type: 'Observation',
      sortDate: row['effectiveDateTime'],
      codes: [`${LOINC}|718-7`, 'Observation.status|final', `g/dL of ${LOINC}|718-7`],
    });
    expect(JSON.stringify(row)).not.toMatch(/Smith|source-/);
  });

  it('is pure: the same arguments give the same bytes, and the input is untouched', () => {
    const resource = Object.freeze(observation({ valueBoolean: true }));
    expect(JSON.stringify(project(resource).row)).toBe(JSON.stringify(project(resource).row));
  });

  it('gives another sale other ids and dates', () => {
    const [one, two] = [project(observation({})), project(observation({}), saleOf(2))];
    expect(one.row!['id']).not.toBe(two.row!['id']);
    expect(one.person.pseudonym).not.toBe(two.person.pseudonym);
    expect(one.person.shiftDays).not.toBe(two.person.shiftDays);
  });

  it.each([
    ['a type that no policy names', { resourceType: 'FamilyMemberHistory', id: '1' }],
    ['an organisation', { resourceType: 'Organization', id: '1', name: 'Hospital' }],
    ['the Patient, whose row is made from quasi-identifiers', { resourceType: 'Patient', id: '1', name: [] }],
    ['no type', { id: '1' }],
    ['a row whose code is text', observation({ code: { text: 'haemoglobin' } })],
    ['a row whose code is nothing', observation({ code: null })],
    ['a row of an unknown system', observation({ code: concept('urn:hospital', 'x') })],
    ['an event after the window', observation({ effectiveDateTime: '2020-06-14' })],
    ['an event before the window', observation({ effectiveDateTime: '1920-01-01' })],
    ['an event whose date has no day', observation({ effectiveDateTime: '2015' })],
    ['an event whose date is a number', observation({ effectiveDateTime: 20150305 })],
    ['an event whose period is text', observation({ effectiveDateTime: undefined, effectivePeriod: '2015' })],
    ['an event whose date is none', observation({ effectiveDateTime: 'in March' })],
    [
      'a period that begins before the window',
      observation({ effectiveDateTime: undefined, effectivePeriod: { start: '1920-01-01', end: '2015-01-01' } }),
    ],
  ])('lets nothing out of %s', (_, resource) => {
    expect(project(resource).projected).toBeNull();
  });

  it('keeps a resource without any date, before all dated ones', () => {
    expect(project(observation({ effectiveDateTime: undefined })).projected!.sortDate).toBe('');
  });

  it('places a period by its start, or by its end where the start is unknown', () => {
    const encounter = (period: JsonMembers) =>
      project({
        resourceType: 'Encounter',
        id: '1',
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
        period,
      });
    const whole = encounter({ start: '2015-03-05T10:00:00Z', end: '2015-03-07T11:00:00Z' });
    const period = whole.row!['period'] as { start: string; end: string };
    expect(Date.parse(period.end) - Date.parse(period.start)).toBe(2 * 86_400_000);
    expect(whole.projected!.sortDate).toBe(period.start);
    expect(encounter({ end: '2015-03-07' }).projected!.sortDate).toBe(period.end);
    expect(encounter({ start: '2015-03-05' }).row!['period']).toEqual({ start: period.start });
    expect(encounter({ start: '2015-03-05', end: '2020-06-14' }).row!['period']).toEqual({ start: period.start });
    expect(encounter({ start: 5 }).projected).toBeNull();
  });

  it('falls back to the next date of the type', () => {
    const condition = {
      resourceType: 'Condition',
      id: '1',
      code: concept(SNOMED, '72892002'),
      onsetDateTime: '2015',
      recordedDate: '2015-03-05',
    };
    const { projected } = project(condition);
    expect(projected!.sortDate).toBe(projected!.row['recordedDate']);
    expect(projected!.row['onsetDateTime']).toBeUndefined();
  });

  it('cuts what was done around the beginning and the end of its record, not an onset long before', () => {
    const condition = {
      resourceType: 'Condition',
      id: '1',
      code: concept(SNOMED, '72892002'),
      onsetDateTime: '1972-03-05',
      recordedDate: '1990-01-02',
    };
    const row = project(condition).row!;
    expect(row['onsetDateTime']).toMatch(/^197[12]-/);
    expect(row['recordedDate']).toBeUndefined();
    expect(project({ ...condition, onsetDateTime: '1990-01-01' }).projected).toBeNull();
  });

  it('lets no date out of a record that was not noted before', () => {
    const projector = compileProjector(policyNamed('expert-1'), saleOf());
    expect(projector.project(observation({}), POSITION, projector.person('person-1'))).toBeNull();
  });

  it('names the patient also where R4 calls the element patient', () => {
    const immunization = {
      resourceType: 'Immunization',
      id: '1',
      vaccineCode: concept('http://hl7.org/fhir/sid/cvx', '140'),
    };
    const { row, person } = project(immunization);
    expect([row!['subject'], row!['patient']]).toEqual([person.subject, person.subject]);
  });
});

describe('values', () => {
  const value = (members: JsonMembers) => project(observation(members)).row!;
  const masked = released('http://terminology.hl7.org/CodeSystem/data-absent-reason', 'masked');

  it.each([
    ['text', { valueString: 'Patient is homeless' }],
    ['an unknown unit', { valueQuantity: { value: 5, unit: 'drops of Smith' } }],
    ['a unit that is no text', { valueQuantity: { value: 5, code: 7 } }],
    ['a number that is text', { valueQuantity: { value: '5', unit: 'mg' } }],
    ['a quantity that is none', { valueQuantity: 5 }],
    ['an attachment', { valueAttachment: { data: 'x' } }],
    ['a truth that is text', { valueBoolean: 'yes' }],
  ])('%s is masked', (_, members) => {
    const row = value(members);
    expect(row['dataAbsentReason']).toEqual(masked);
    expect(Object.keys(row).filter((element) => element.startsWith('value'))).toEqual([]);
  });

  it('nothing is said of an observation that had no value', () => {
    expect(value({})['dataAbsentReason']).toBeUndefined();
  });

  it.each([
    ['a comparator', { value: 5, comparator: '<', unit: 'mg' }, { value: 5, comparator: '<', unit: 'mg' }],
    ['no unit', { value: 5 }, { value: 5 }],
    ['a unit without system', { value: 5, unit: 'kg', code: 'kg' }, { value: 5, unit: 'kg' }],
    ['a comparator of text', { value: 5, comparator: 'about', unit: 'mg' }, { value: 5, unit: 'mg' }],
  ])('a quantity with %s', (_, valueQuantity, kept) => {
    expect(value({ valueQuantity })['valueQuantity']).toEqual(kept);
  });

  it('are rounded by the code around them, in components by their own', () => {
    const row = value({
      code: { coding: [null, { system: LOINC, code: '55284-4' }, { system: LOINC, code: '38483-4' }] },
      component: [
        { code: concept(LOINC, '8480-6'), valueQuantity: { value: 158.727, unit: 'mm[Hg]' } },
        { code: { text: 'no coding' }, valueQuantity: { value: 1.23456, unit: 'mm' } },
        { valueString: 'Smith' },
        'text',
      ],
      valueInteger: 12345,
      valueQuantity: { value: 0.93909, unit: 'mg/dL' },
    });
    expect(row['component']).toEqual([
      { code: released(LOINC, '8480-6'), valueQuantity: { value: 159, unit: 'mm[Hg]' } },
      { valueQuantity: { value: 1.23, unit: 'mm' } },
    ]);
    expect(row['valueQuantity']).toEqual({ value: 0.94, unit: 'mg/dL' });
    expect(row['valueInteger']).toBe(12350);
  });

  it('of several codings keep those that are codes', () => {
    const codings = [{ system: SNOMED, code: 'free text' }, { system: LOINC, code: '718-7' }, 7];
    expect(value({ code: { coding: codings } })['code']).toEqual(released(LOINC, '718-7'));
    expect(value({ interpretation: [{ coding: [{}, {}] }] })['interpretation']).toBeUndefined();
  });

  it.each(['category', 'component', 'interpretation'])('a malformed %s is left out', (element) => {
    for (const broken of ['text', 5, null, {}, [], [null], [[]], ['text']])
      expect(value({ [element]: broken })[element]).toBeUndefined();
  });

  it('keep lists of required codes', () => {
    const allergy = {
      resourceType: 'AllergyIntolerance',
      id: '1',
      code: concept(SNOMED, '419474003'),
      category: ['food', 'Smith'],
      criticality: 'severe, says Smith',
    };
    const { row } = project(allergy);
    expect(row!['category']).toEqual(['food']);
    expect(row!['criticality']).toBeUndefined();
  });

  it('take displays from our table', () => {
    const { row } = project(observation({}), { displayOf: (_, code) => `our text of ${code}` });
    expect(row!['code']).toEqual({ coding: [{ system: LOINC, code: '718-7', display: 'our text of 718-7' }] });
  });
});

describe('references', () => {
  const encounter = { resourceType: 'Encounter', id: 'e-1' };

  it('become the pseudonym of a resource of the same person', () => {
    for (const reference of ['urn:uuid:e-1', 'Encounter/e-1']) {
      const { row, person } = project(observation({ encounter: { reference, display: 'Smith' } }), {
        others: [encounter],
      });
      expect(row!['encounter']).toEqual({
        reference: `Encounter/${person.rows.own(encounter, { ...POSITION, line: 1 })}`,
      });
    }
  });

  it.each(['Encounter/e-2', 'urn:uuid:e-2', 'Condition/e-1', 'Encounter?identifier=1', '#e-1', 5, undefined])(
    '%s leads nowhere and does not leave',
    (reference) => {
      expect(
        project(observation({ encounter: { reference } }), { others: [encounter] }).row!['encounter'],
      ).toBeUndefined();
    },
  );

  it('do not cross from one source record into another, where the same id may stand', () => {
    const projector = compileProjector(policyNamed('expert-1'), saleOf());
    const person = openPerson(projector);
    projector.note(encounter, { ...POSITION, sourceRecordId: 'record-2' }, person);
    const row = projector.project(observation({ encounter: { reference: 'Encounter/e-1' } }), POSITION, person)!.row;
    expect(row['encounter']).toBeUndefined();
  });

  it('rows at the same place of two source records have different pseudonyms', () => {
    const { rows } = compileProjector(policyNamed('expert-1'), saleOf()).person('person-1');
    const places = [
      POSITION,
      { ...POSITION, sourceRecordId: 'record-2' },
      { ...POSITION, sequence: 2 },
      { ...POSITION, line: 2 },
    ];
    expect(new Set(places.map((place) => rows.own(encounter, place))).size).toBe(4);
  });

  it('a pseudonym is derived from the position, not from the id of the provider', () => {
    const id = (resource: JsonMembers) => project(resource).row!['id'];
    expect(id(observation({ id: 'a' }))).toBe(id(observation({ id: 'b' })));
  });
});

describe('a sale', () => {
  it('is refused with a short key or without a day', () => {
    const policy = policyNamed('expert-1');
    expect(() => compileProjector(policy, saleOf(1, { saleKey: new Uint8Array(15) }))).toThrow(
      expect.objectContaining({ code: 'SALE_KEY_TOO_SHORT' }),
    );
    for (const asOf of ['2020-06', '2020-13-01', 'today']) {
      expect(() => compileProjector(policy, saleOf(1, { asOf }))).toThrow(
        expect.objectContaining({ code: 'SALE_DATE_INVALID' }),
      );
    }
  });

  it('contains the types that the request names', () => {
    expect(project(observation({}), { fields: ['Condition'] }).projected).toBeNull();
    expect(project(observation({}), { fields: ['Observation'] }).projected).not.toBeNull();
  });

  it('under safe-harbor shows years only', () => {
    const { row, person } = project(observation({ valueDateTime: '2016-04-01' }), { policy: 'safe-harbor' });
    expect([row!['effectiveDateTime'], row!['valueDateTime'], person.shiftDays]).toEqual(['2015', '2016', 0]);
  });
});

describe('all rows of a person', () => {
  const attributes = { age: 40, sex: 'female', state: 'MA', zip3: '021', race: 'White', ethnicity: null } as const;
  const entries: PersonEntry[] = [
    observation({ id: 'o-3', effectiveDateTime: '2016-01-01', encounter: { reference: 'Encounter/e-1' } }),
    observation({ id: 'o-1', effectiveDateTime: '2015-01-01T23:00:00Z', device: { reference: 'Device/d-1' } }),
    observation({ id: 'o-2', effectiveDateTime: '2015-01-01T01:00:00Z' }),
    { resourceType: 'Encounter', id: 'e-1', status: 'finished' },
    { resourceType: 'Device', id: 'd-1', type: concept(SNOMED, '72506001') },
    { resourceType: 'Patient', id: 'p-1', name: [{ family: 'Smith' }] },
  ].map((resource, line) => ({ resource, position: { ...POSITION, line } }));

  const rowsOf = (keyByte: number, list = entries) => {
    const projector = compileProjector(policyNamed('expert-1'), saleOf(keyByte));
    return projectPerson(projector, openPerson(projector), { entries: list, attributes });
  };

  it('begin with the generalised Patient and follow by date', () => {
    const rows = rowsOf(1);
    expect(rows.map(({ resourceType }) => resourceType)).toEqual([
      'Patient',
      'Device',
      'Observation',
      'Observation',
      'Observation',
    ]);
    expect(rows[0]).toEqual({
      resourceType: 'Patient',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      ageBand: '40-44',
      gender: 'female',
      state: 'MA',
      zip3: '021',
      race: 'White',
    });
    const dates = rows.slice(2).map((row) => row['effectiveDateTime']);
    expect(dates).toEqual([...dates].sort());
  });

  it('are the same whatever the order of the source, within a day by pseudonym', () => {
    expect(rowsOf(3, [...entries].reverse())).toEqual(rowsOf(3));
    for (const keyByte of [1, 2, 3, 4]) {
      const sameDay = rowsOf(keyByte)
        .slice(2, 4)
        .map(({ id }) => id);
      expect(sameDay).toEqual([...sameDay].sort());
    }
  });

  it('refer only to rows that are there', () => {
    const rows = rowsOf(1);
    expect(JSON.stringify(rows)).not.toContain('Encounter/'); // without a class the encounter does not leave
    const device = rows.find(({ resourceType }) => resourceType === 'Device')!.id;
    expect(
      rows.filter((row) => JSON.stringify(row['device']) === JSON.stringify({ reference: `Device/${device}` })),
    ).toHaveLength(1);
  });
});
