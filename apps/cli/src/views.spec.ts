import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { registerViews } from './views';

const view = (path: string) => ({
  ...{ resourceType: 'ViewDefinition', name: 'pressure', resource: 'Observation' },
  select: [
    {
      column: [
        { name: 'id', path: 'getResourceKey()' },
        { name: 'person_id', path: 'subject.getReferenceKey(Patient)' },
        { name: 'shown', path },
      ],
    },
  ],
});

describe('aceso check-views', () => {
  let folder: string;
  let printed: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aceso-views-'));
    printed = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  async function check(content: string, ...more: readonly string[]): Promise<void> {
    const file = join(folder, 'view.json');
    await writeFile(file, content);
    const program = new Command();
    registerViews(program);
    await program.parseAsync(['check-views', '--view', file, '--fields', 'Observation', ...more], { from: 'user' });
  }

  it('says what patients will read', async () => {
    await check(JSON.stringify(view('status')), '--json');
    expect(JSON.parse(printed)).toEqual([
      expect.stringContaining('id (id), person_id (subject.reference), shown (status).'),
    ]);
  });

  it('refuses what a request would be refused for, under the policy that is named', async () => {
    await expect(check(JSON.stringify(view('note.text')))).rejects.toMatchObject({ code: 'VIEW_OUT_OF_SCOPE' });
    const dose = JSON.stringify(view('interpretation.first().coding.first().code'));
    await expect(check(dose)).resolves.toBeUndefined();
    await expect(check(dose, '--policy', 'minimal')).rejects.toMatchObject({ code: 'VIEW_OUT_OF_SCOPE' });
    await expect(check('{"name":')).rejects.toMatchObject({ code: 'VIEW_MALFORMED' });
  });
});
