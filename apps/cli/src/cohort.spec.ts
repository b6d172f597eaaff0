import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Command } from 'commander';
import { registerCohort } from './cohort';

const concept = { CONCEPT_ID: 1, VOCABULARY_ID: 'SNOMED', CONCEPT_CODE: '100' };
const expression = (more: object = {}) => ({
  ConceptSets: [{ id: 0, name: 'Bleeding', expression: { items: [{ concept }] } }],
  PrimaryCriteria: { CriteriaList: [{ ConditionOccurrence: { CodesetId: 0, ...more } }] },
});

describe('aceso cohort import', () => {
  let folder: string;
  let printed: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aceso-cohort-'));
    printed = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    process.exitCode = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  async function run(content: string | Uint8Array, ...more: readonly string[]): Promise<void> {
    const file = join(folder, 'expression.json');
    await writeFile(file, content);
    const program = new Command();
    registerCohort(program);
    await program.parseAsync(['node', 'aceso', 'cohort', 'import', file, ...more]);
  }

  it('prints criteria, and ends well where all of it is in them', async () => {
    await run(JSON.stringify(expression()));
    const { criteria, unmapped } = JSON.parse(printed) as { criteria: { entry: unknown }; unmapped: unknown[] };
    expect(criteria.entry).toEqual({ any: [{ condition: { set: 'bleeding' } }] });
    expect(unmapped).toEqual([]);
    expect(process.exitCode).toBeUndefined();
  });

  it('says in words what is in them and what is not', async () => {
    await run(JSON.stringify(expression({ VisitType: [{}] })), '--words');
    expect(printed.split('\n')).toEqual([
      'Days are counted from any condition of the set bleeding.',
      'The set bleeding is 100 of http://snomed.info/sct.',
      'Not in them: /PrimaryCriteria/CriteriaList/0/ConditionOccurrence/VisitType (there is no rule for this).',
      '',
    ]);
    expect(process.exitCode).toBe(1);
  });

  it('prints variables of GraphQL, whose criteria are a text', async () => {
    await run(JSON.stringify(expression()), '--variables');
    const { criteria } = JSON.parse(printed) as { criteria: string };
    expect(JSON.parse(criteria)).toMatchObject({ entry: { any: [{ condition: { set: 'bleeding' } }] } });
    await expect(run('{"PrimaryCriteria":{"CriteriaList":[{"Death":{}}]}}', '--variables')).rejects.toMatchObject({
      message: 'There are no criteria: too little of it could be said.',
    });
  });

  it.each(['{', '{}', '[]'])('refuses %s', async (content) => {
    await expect(run(content)).rejects.toMatchObject({ code: 'CRITERIA_INVALID' });
  });

  it.each([
    ['lines', '{}\n{}', 'is no JSON: expected is one expression, not compressed, and not one on each line'],
    ['what is compressed', gzipSync('{}'), 'is no JSON: expected is one expression, not compressed'],
    ['a definition', '{"cohortId":1,"definition":{}}', 'has the expression under "definition"'],
  ])('names the file and what is expected where it has %s', async (_, content, words) => {
    const message = expect.stringContaining(`expression.json ${words}`);
    await expect(run(content)).rejects.toMatchObject({ code: 'CRITERIA_INVALID', message });
  });

  it('names a file that is not there', async () => {
    const program = new Command();
    registerCohort(program);
    const message = `${join(folder, 'none')} cannot be read`;
    const importing = program.parseAsync(['node', 'aceso', 'cohort', 'import', join(folder, 'none')]);
    await expect(importing).rejects.toMatchObject({ code: 'CRITERIA_INVALID', message });
  });
});
