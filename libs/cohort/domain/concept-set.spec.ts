import { mayHold, memberOf } from './concept-set';
import { CONCEPT_EDGES_MAX, ConceptTree, parseConceptTable } from './concept-tree';

const [S, ICD, GM] = [
  'http://snomed.info/sct',
  'http://hl7.org/fhir/sid/icd-10-cm',
  'http://fhir.de/CodeSystem/bfarm/icd-10-gm',
];
const TABLE = `system,code,parent
# A root, two below it, and one that is below both.
${S},top,
${S},left,top
${S},right,top
${S},low,left
${S},low,right
local,ring,round
local,round,ring
`;
const tree = new ConceptTree(parseConceptTable(TABLE));
const holds = (set: Parameters<typeof memberOf>[0], system: string, ...codes: string[]) =>
  codes.filter((code) => memberOf(set, tree)({ system, code }));

describe('a concept set', () => {
  it('has what it names, under the system that it names or any', () => {
    expect(holds({ include: [{ system: S, codes: ['top'] }] }, S, 'top', 'left')).toEqual(['top']);
    expect(holds({ include: [{ system: S, codes: ['top'] }] }, 'local', 'top')).toEqual([]);
    expect(holds({ include: [{ codes: ['top'] }] }, 'local', 'top')).toEqual(['top']);
  });

  it('has what is below by the table of the system, however far, and never what is above', () => {
    const below = { include: [{ codes: ['left'], descendants: true as const }] };
    expect(holds(below, S, 'top', 'left', 'right', 'low')).toEqual(['left', 'low']);
    expect(holds(below, 'local', 'low')).toEqual([]);
  });

  it('has what is below a code of ICD-10 by its first characters, with dots or without', () => {
    for (const system of [ICD, GM]) {
      const below = { include: [{ system, codes: ['E11'], descendants: true as const }] };
      expect(holds(below, system, 'E11', 'E11.9', 'E119', 'e11.65', 'E12', 'E1', 'E10.11')).toEqual([
        ...['E11', 'E11.9', 'E119', 'e11.65'],
      ]);
    }
    expect(holds({ include: [{ codes: ['E11.6'], descendants: true }] }, ICD, 'E11.65', 'E116', 'E11')).toEqual([
      'E11.65',
      'E116',
    ]);
    // No code is so short: a chapter is not meant by one letter.
    expect(holds({ include: [{ codes: ['E'], descendants: true }] }, ICD, 'E11', 'E')).toEqual(['E']);
    expect(holds({ include: [{ codes: ['E11'], descendants: true }] }, 'local', 'E11.9')).toEqual([]);
  });

  it('leaves out what it excludes, with or without what is below', () => {
    const all = { codes: ['top'], descendants: true as const };
    expect(holds({ include: [all], exclude: [{ codes: ['left'] }] }, S, 'top', 'left', 'low')).toEqual(['top', 'low']);
    expect(
      holds({ include: [all], exclude: [{ codes: ['left'], descendants: true }] }, S, 'top', 'left', 'right', 'low'),
    ).toEqual(['top', 'right']);
  });

  it('ends where a table goes in a ring', () => {
    expect(holds({ include: [{ codes: ['other'], descendants: true }] }, 'local', 'ring')).toEqual([]);
    expect(holds({ include: [{ codes: ['round'], descendants: true }] }, 'local', 'ring')).toEqual(['ring']);
  });

  it('may have a code wherever it has it under some system', () => {
    const may = mayHold(
      { include: [{ codes: ['left', 'E11'], descendants: true }], exclude: [{ codes: ['low'] }] },
      tree,
    );
    expect(['low', 'left', 'top', 'E11.9', 'E12'].filter(may)).toEqual(['low', 'left', 'E11.9']);
    expect(['E11.9'].filter(mayHold({ include: [{ system: S, codes: ['E11'], descendants: true }] }, tree))).toEqual(
      [],
    );
  });
});

describe('a table of concepts', () => {
  it('says what it knows', () => {
    expect(tree.systems).toEqual([S, 'local']);
    expect([tree.knows(S, 'low'), tree.knows(S, 'ring'), tree.knows('none', 'low')]).toEqual([true, false, false]);
  });

  it.each([
    ['another heading', 'code,parent\na,b', 'the heading'],
    ['no row', 'system,code,parent\n', 'no row'],
    ['a row without a system', 'system,code,parent\n,a,b', 'line 2'],
    ['a row without a code', 'system,code,parent\ns,,b', 'line 2'],
    ['a row without a parent column', 'system,code,parent\ns,a,b\ns,a', 'line 3'],
    ['a row with a name', 'system,code,parent\ns,a,b,c', 'line 2'],
    ['a code with a blank', 'system,code,parent\ns,a b,c', 'line 2'],
    ['a parent with a blank', 'system,code,parent\ns,a,b c', 'line 2'],
    ['more rows than are read', `system,code,parent${'\ns,a,'.repeat(CONCEPT_EDGES_MAX + 1)}`, `more than`],
  ])('is refused with %s', (_, text, why) => {
    expect(() => parseConceptTable(text)).toThrow(
      expect.objectContaining({ code: 'CONCEPT_FILE_INVALID', message: expect.stringContaining(why) as string }),
    );
  });
});
