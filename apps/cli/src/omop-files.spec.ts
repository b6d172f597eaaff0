import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { omopResources } from './omop-files';

const PERSON = 'PERSON_ID,GENDER_CONCEPT_ID,YEAR_OF_BIRTH\n1,8507,1950\n2,8532,1960\n';
const CONCEPT =
  'concept_id,concept_name,vocabulary_id,concept_code\n10,"Diabetes, any",SNOMED,73211009\n11,unused,SNOMED,1\n';
const CONDITION = 'condition_occurrence_id,person_id,condition_concept_id,condition_start_date,visit_occurrence_id\n';

describe('a folder of OMOP tables', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aceso-omop-spec-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function read(files: Readonly<Record<string, string | Buffer>>): Promise<unknown[]> {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    const resources: unknown[] = [];
    for await (const resource of omopResources(folder)) resources.push(resource);
    return resources;
  }

  it('is read persons first, whatever the case of its names, and compressed or not', async () => {
    const found = await read({
      'condition_occurrence.csv': `${CONDITION}3,1,10,2015-10-02,5\n4,2,10,2015-10-03,6\n`,
      'PERSON.CSV.gz': gzipSync(PERSON),
      'Concept.csv': CONCEPT,
      'visit_occurrence.csv': 'visit_occurrence_id,person_id,visit_concept_id,visit_start_date\n5,1,0,2015-10-02\n',
      'death.csv': 'person_id,death_date\n2,2018-01-02\n',
      'cost.csv': 'cost_id\n1\n',
      'notes.txt': 'nothing',
    });
    const code = { coding: [{ system: 'http://snomed.info/sct', code: '73211009', display: 'Diabetes, any' }] };
    expect(found).toMatchObject([
      { resourceType: 'Patient', id: 'person-1', gender: 'male', birthDate: '1950' },
      { resourceType: 'Patient', id: 'person-2', deceasedDateTime: '2018-01-02' },
      { resourceType: 'Encounter', id: 'visit-5' },
      { resourceType: 'Condition', id: 'condition-3', code, encounter: { reference: 'Encounter/visit-5' } },
      { resourceType: 'Condition', id: 'condition-4', code },
    ]);
    // Its visit is not in the folder.
    expect(found[4]).not.toHaveProperty('encounter');
  });

  it('is read with tabs and marks of inches, as Athena writes vocabularies', async () => {
    const concepts = `${CONCEPT.replaceAll(',', '\t').replaceAll('"', '')}`.replace('Diabetes\t any', 'a 5" scar');
    const found = await read({
      'person.csv': `\ufeff${PERSON}`,
      'concept.csv': concepts,
      'condition_occurrence.csv': `${CONDITION}3,1,10,20151002,\n`,
    });
    expect(found[2]).toMatchObject({ onsetDateTime: '2015-10-02', code: { coding: [{ display: 'a 5" scar' }] } });
  });

  it.each([
    ['persons', { 'concept.csv': CONCEPT }, /no person.csv/],
    ['concepts', { 'person.csv': PERSON }, /no concept.csv/],
  ])('is refused without %s', async (_, files, message) => {
    await expect(read(files)).rejects.toMatchObject({ code: 'OMOP_FILE_MISSING' });
    await expect(read(files)).rejects.toThrow(message);
  });

  it('is refused where it is none', async () => {
    await expect(omopResources(join(folder, 'none')).next()).rejects.toMatchObject({ code: 'OMOP_FILE_MISSING' });
  });

  it.each([
    ['a row with too many fields', `${PERSON}3,8507,1970,Quackenbush\n`],
    ['a quotation mark without its other', `${PERSON}3,"8507,Quackenbush\n`],
    ['a file that is no gzip', undefined],
  ])('is refused with %s, and nothing of it is repeated', async (_, person) => {
    const files: Record<string, string | Buffer> =
      person === undefined ? { 'person.csv.gz': Buffer.from('Quackenbush') } : { 'person.csv': person };
    const reading = read({ ...files, 'concept.csv': CONCEPT });
    await expect(reading).rejects.toMatchObject({ code: 'OMOP_FILE_MALFORMED' });
    await expect(reading).rejects.not.toThrow(/Quackenbush/);
  });
});
