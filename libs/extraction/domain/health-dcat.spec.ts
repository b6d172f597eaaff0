import { expand, toRDF } from 'jsonld';
import { parseAbout } from './catalogue-about';
import { healthDcatCatalogue } from './health-dcat';
import { shippedDictionaries } from './shipped-dictionary';

const agent = { name: 'Data office', email: 'data@hospital.example' };
const LEAST = { language: 'en', title: 'Records', description: 'Of a hospital.', publisher: agent, hdab: agent };
const MORE = {
  ...LEAST,
  keywords: ['cardiology'],
  custodian: { ...agent, page: 'https://hospital.example/contact' },
  healthThemes: ['HEALTH_SYSTEMS'],
  populationCoverage: 'Patients of one hospital.',
  ...{ minTypicalAge: 18, maxTypicalAge: 90 },
  spatial: ['http://publications.europa.eu/resource/authority/country/BEL'],
  temporal: { start: '2010-01-01' },
  retention: { start: '2010-01-01', end: '2040-12-31' },
  ...{ purpose: 'Research.', legalBasis: 'Consent.' },
};
type Node = { readonly [member: string]: unknown };
const described = (about: object, persons: number | null = null): Node =>
  healthDcatCatalogue({
    publicUrl: 'https://aceso.hospital.example',
    origin: 'hospital.example/aceso',
    about: parseAbout(JSON.stringify(about)),
    persons,
  });
const datasetOf = (catalogue: Node): Node => catalogue['dcat:dataset'] as Node;

const CSVW = 'http://www.w3.org/ns/csvw#';
const DCAT = 'http://www.w3.org/ns/dcat#';
const DCATAP = 'http://data.europa.eu/r5r/';
const DCT = 'http://purl.org/dc/terms/';
const FOAF = 'http://xmlns.com/foaf/0.1/';
const HEALTH = 'http://healthdataportal.eu/ns/health#';
const XSD = 'http://www.w3.org/2001/XMLSchema#';
/** What the RESTRICTED profile of HealthDCAT-AP Release 8 asks for at least once, with what DCAT-AP 3.0 does. */
const MANDATORY = {
  catalog: ['title', 'description', 'publisher'].map((name) => DCT + name).concat(`${DCATAP}applicableLegislation`),
  dataset: [
    ...['title', 'description', 'identifier', 'accessRights'].map((name) => DCT + name),
    ...['theme', 'distribution'].map((name) => DCAT + name),
    `${DCATAP}applicableLegislation`,
    ...['healthCategory', 'hdab', 'hasStructuredData', 'hasVariables'].map((name) => HEALTH + name),
  ],
  distribution: [`${DCAT}accessURL`, `${DCATAP}applicableLegislation`],
};
/** Without a network, and refusing whatever a processor would leave out. */
const ALONE = {
  documentLoader: (url: string): Promise<never> => Promise.reject(new Error(`the document is not whole: ${url}`)),
  safe: true,
};

/** Every object of a document with all names in it. */
function* nodesIn(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Node;
  for (const each of Object.values(value)) yield* nodesIn(each);
}
const ofType = (document: Node, type: string): Node[] =>
  [...nodesIn(document)].filter((node) => node['@type'] === type);

describe('the description of an instance in HealthDCAT-AP', () => {
  it.each([
    ['the least that an operator says', LEAST],
    ['all of it', MORE],
  ])('has what the RESTRICTED profile of Release 8 asks for, of %s', (_, about) => {
    const catalogue = described(about);
    for (const type of ['dcat:Catalog', 'dcat:Dataset', 'dcat:Distribution']) {
      const nodes = ofType(catalogue, type);
      expect(nodes.length).toBeGreaterThan(0);
      for (const node of nodes) {
        expect(node['dcatap:applicableLegislation']).toEqual({ '@id': 'http://data.europa.eu/eli/reg/2025/327/oj' });
      }
    }
    for (const node of ofType(catalogue, 'dcat:Distribution')) expect(node['dcat:accessURL']).toBeDefined();
    for (const node of ofType(catalogue, 'foaf:Agent')) {
      expect(node).toMatchObject({ 'foaf:name': 'Data office', 'cv:contactPoint': { '@type': 'cv:ContactPoint' } });
    }
    for (const node of ofType(catalogue, 'csvw:Column')) {
      const asked = ['csvw:name', 'csvw:title', 'dct:description', 'csvw:datatype'];
      expect(Object.keys(node)).toEqual(expect.arrayContaining(asked));
    }
    expect(datasetOf(catalogue)).toMatchObject({
      'dct:accessRights': { '@id': 'http://publications.europa.eu/resource/authority/access-right/RESTRICTED' },
      'dct:identifier': 'hospital.example/aceso',
      'dcat:theme': { '@id': 'http://publications.europa.eu/resource/authority/data-theme/HEAL' },
      'healthdcatap:hdab': { '@type': 'foaf:Agent' },
      'healthdcatap:healthCategory': [
        { '@id': 'https://hdeu-dcat.data.health.europa.eu/resource/authority/healthcategories/EHRS' },
      ],
      'healthdcatap:hasStructuredData': { '@value': 'true', '@type': 'xsd:boolean' },
      'healthdcatap:hasVariables': { '@type': 'csvw:TableGroup' },
    });
  });

  it.each([
    ['the least that an operator says', LEAST],
    ['all of it', MORE],
  ])('is read by a JSON-LD processor from itself alone, of %s', async (_, about) => {
    const catalogue = described(about, 1_200);
    const [read, ...others] = await expand(catalogue, ALONE);
    expect(others).toEqual([]);
    expect(read!['@type']).toEqual([`${DCAT}Catalog`]);
    const names = (node: Node | undefined) => Object.keys(node ?? {});
    expect(names(read)).toEqual(expect.arrayContaining(MANDATORY.catalog));
    const [dataset] = read![`${DCAT}dataset`] as [Node];
    expect(dataset['@type']).toEqual([`${DCAT}Dataset`]);
    expect(names(dataset)).toEqual(expect.arrayContaining(MANDATORY.dataset));
    for (const table of dataset[`${DCAT}distribution`] as Node[]) {
      expect(names(table)).toEqual(expect.arrayContaining(MANDATORY.distribution));
    }
    const [hdab] = dataset[`${HEALTH}hdab`] as [Node];
    expect(hdab['@type']).toEqual([`${FOAF}Agent`]);
    expect(hdab[`${FOAF}name`]).toEqual([{ '@value': 'Data office' }]);
    expect(dataset).toMatchObject({
      '@id': 'https://aceso.hospital.example/#dataset',
      [`${DCAT}theme`]: [{ '@id': 'http://publications.europa.eu/resource/authority/data-theme/HEAL' }],
      [`${DCT}title`]: [{ '@value': 'Records', '@language': 'en' }],
      [`${HEALTH}hasStructuredData`]: [{ '@value': 'true', '@type': `${XSD}boolean` }],
      [`${HEALTH}numberOfUniqueIndividuals`]: [{ '@value': '1200', '@type': `${XSD}nonNegativeInteger` }],
    });
    // Every column of every table arrives as a name: nothing is lost between the document and what it states.
    const statements = (await toRDF(catalogue, { ...ALONE, format: 'application/n-quads' })).trim().split('\n');
    const columns = statements.filter((line) => line.includes(` <${CSVW}name> `));
    expect(columns).toHaveLength(shippedDictionaries().reduce((sum, each) => sum + each.columns.length, 0));
  });

  it('says a number of persons only where it is given', () => {
    expect(datasetOf(described(MORE))).not.toHaveProperty(['healthdcatap:numberOfUniqueIndividuals']);
    expect(datasetOf(described(MORE, 1_200))).toMatchObject({
      'healthdcatap:numberOfUniqueIndividuals': { '@value': '1200', '@type': 'xsd:nonNegativeInteger' },
      'healthdcatap:maxTypicalAge': { '@value': '90' },
    });
    expect(datasetOf(described(LEAST))).not.toHaveProperty(['dct:spatial']);
  });

  it.each([
    ['no JSON', '{', 'JSON'],
    ['a member that nobody knows', JSON.stringify({ ...LEAST, persons: 12 }), 'persons'],
    ['no access body', JSON.stringify({ ...LEAST, hdab: undefined }), 'hdab'],
    ['a code with an address in it', JSON.stringify({ ...LEAST, healthThemes: ['../x'] }), 'healthThemes.0'],
    [
      'an address that is no IRI',
      JSON.stringify({ ...LEAST, landingPage: 'https://hospital.example/a b' }),
      'landingPage',
    ],
    ['ages the wrong way round', JSON.stringify({ ...LEAST, minTypicalAge: 9, maxTypicalAge: 8 }), 'minTypicalAge'],
  ])('is refused of %s, with its place', (_, about, place) => {
    expect(() => parseAbout(about)).toThrow(
      expect.objectContaining({ code: 'CATALOGUE_ABOUT_INVALID', message: expect.stringContaining(place) }),
    );
  });
});
