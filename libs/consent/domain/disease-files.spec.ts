import { sha256 } from '@aceso/platform';
import { parseDiseaseFile, parseObo, parseParentTable } from './disease-files';
import { DiseaseTree } from './disease-tree';
import { SHIPPED_DISEASES } from './shipped-diseases';

const OBO = `format-version: 1.4
ontology: mondo

[Term]
id: MONDO:0005148
name: type 2 diabetes mellitus
is_a: MONDO:0005015 {source="DOID:9352"} ! diabetes mellitus
is_a: BFO:0000016x/y ! foreign

[Term]
id: MONDO:0005015
name: diabetes mellitus

[Term]
id: MONDO:0099999
is_a: MONDO:0005015 ! diabetes mellitus
is_obsolete: true

[Term]
id: http://example.org/foreign
name: of another ontology

[Typedef]
id: part_of
`;

describe('an OBO file', () => {
  it('gives terms with their parents, without comments, obsolete terms and other ontologies', () => {
    expect(parseObo(OBO)).toEqual([
      { code: 'MONDO:0005148', name: 'type 2 diabetes mellitus', parents: ['MONDO:0005015'] },
      { code: 'MONDO:0005015', name: 'diabetes mellitus', parents: [] },
    ]);
    expect(parseDiseaseFile('Mondo.OBO', OBO.replaceAll('\n', '\r\n'))).toEqual(parseObo(OBO));
  });

  it.each([
    ['without a term', 'format-version: 1.4\n'],
    ['with a term of two names', '[Term]\nid: MONDO:0000001\nid: MONDO:0000002\n'],
    ['with a term of none', '[Term]\nname: nobody\n'],
  ])('%s is refused', (_, text) => {
    expect(() => parseObo(text)).toThrow(expect.objectContaining({ code: 'DISEASE_FILE_INVALID' }));
  });
});

describe('a parent table', () => {
  it('gives one term an edge', () => {
    expect(parseDiseaseFile('tree.csv', '\ufeffcode,parent\nAB:1,\nAB:2,AB:1\n\n# a remark\n')).toEqual([
      { code: 'AB:1', parents: [] },
      { code: 'AB:2', parents: ['AB:1'] },
    ]);
  });

  it.each([
    ['without its heading', 'A:1,A:2\n'],
    ['without a row', 'code,parent\n'],
    ['with a row of words', 'code,parent\ndiabetes,disease\n'],
    ['with a parent that is no code', 'code,parent\nMONDO:1,disease\n'],
    ['with a name that has a comma', 'code,parent,name\nMONDO:1,,one, two\n'],
  ])('%s is refused', (_, text) => {
    expect(() => parseParentTable(text)).toThrow(expect.objectContaining({ code: 'DISEASE_FILE_INVALID' }));
  });
});

describe('a disease tree', () => {
  const tree = new DiseaseTree([
    { code: 'X:3', parents: ['X:2'] },
    { code: 'X:2', parents: ['X:1'], name: 'two' },
    { code: 'X:1', parents: [] },
    { code: 'X:3', parents: ['X:9'] },
  ]);

  it('reaches everything above over every parent, and of what it does not know the disease itself', () => {
    expect([...tree.ancestorsOrSelf('X:3')].sort()).toEqual(['X:1', 'X:2', 'X:3', 'X:9']);
    expect(tree.ancestorsOrSelf('X:3')).toBe(tree.ancestorsOrSelf('X:3'));
    expect([...tree.ancestorsOrSelf('X:7')]).toEqual(['X:7']);
    expect([tree.size, tree.knows('X:9'), tree.nameOf('X:2'), tree.nameOf('X:1')]).toEqual([
      3,
      false,
      'two',
      undefined,
    ]);
  });

  it('ends where a cycle began', () => {
    const cycle = new DiseaseTree([
      { code: 'X:1', parents: ['X:2'] },
      { code: 'X:2', parents: ['X:1'] },
    ]);
    expect([...cycle.ancestorsOrSelf('X:1')].sort()).toEqual(['X:1', 'X:2']);
  });

  it('has one hash, in whatever order its terms came', () => {
    const reversed = new DiseaseTree([
      { code: 'X:1', parents: [] },
      { code: 'X:3', parents: ['X:9', 'X:2'] },
      { code: 'X:2', parents: ['X:1'] },
    ]);
    expect(reversed.hash(sha256)).toBe(tree.hash(sha256));
    expect(new DiseaseTree([{ code: 'X:1', parents: [] }]).hash(sha256)).not.toBe(tree.hash(sha256));
  });

  it('ships with every parent a term and one root', () => {
    expect(SHIPPED_DISEASES.size).toBe(31);
    expect(SHIPPED_DISEASES.ancestorsOrSelf('MONDO:0005148').has('MONDO:0005015')).toBe(true);
    expect(SHIPPED_DISEASES.ancestorsOrSelf('MONDO:0008903').has('MONDO:0004992')).toBe(true);
    for (const code of ['MONDO:0005406', 'MONDO:0008383', 'MONDO:0005068']) {
      expect(SHIPPED_DISEASES.ancestorsOrSelf(code).has('MONDO:0000001')).toBe(true);
      for (const above of SHIPPED_DISEASES.ancestorsOrSelf(code)) expect(SHIPPED_DISEASES.knows(above)).toBe(true);
    }
  });
});
