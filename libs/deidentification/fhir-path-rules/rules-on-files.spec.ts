import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hmacSha256 } from '../testing';
import { applyRulesToFiles, parseFhirPathRules } from '.';

describe('fhirPathRules on files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aceso rules '));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const run = async (lines: readonly string[], rules: object[], out = 'out') => {
    await writeFile(join(folder, 'in.ndjson'), lines.join('\n'));
    return applyRulesToFiles({
      configuration: await parseFhirPathRules(JSON.stringify({ fhirPathRules: rules })),
      asOf: '2025-09-05',
      files: [join(folder, 'in.ndjson')],
      outFolder: join(folder, out),
      hmacSha256,
      randomBytes,
    });
  };
  const patient = JSON.stringify({ resourceType: 'Patient', id: 'p', name: [{ family: 'Roe' }], gender: 'female' });
  const bundle = `{"resourceType":"Bundle","type":"collection","entry":[{"resource":${patient}}]}`;

  it('write each resource into the file of its type, and say that this is no sale', async () => {
    const rules = [{ path: "nodesByType('HumanName')", method: 'redact' }];
    const report = await run([patient, bundle, 'no json', '{"resourceType":"Robot"}'], rules);
    expect(report).toMatchObject({ sale: false, lines: 4, refused: 2, written: 2 });
    expect(await readdir(join(folder, 'out'))).toEqual(['Bundle.ndjson', 'Patient.ndjson', 'report.json']);
    const written = await readFile(join(folder, 'out', 'Patient.ndjson'), 'utf8');
    expect(JSON.parse(written)).toMatchObject({
      id: 'p',
      gender: 'female',
      meta: { security: [{ code: 'REDACTED' }] },
    });
    expect(written + (await readFile(join(folder, 'out', 'Bundle.ndjson'), 'utf8'))).not.toContain('Roe');
    await run([patient], rules); // an earlier run of ours is replaced
    expect(await readdir(join(folder, 'out'))).toEqual(['Patient.ndjson', 'report.json']);
  });

  it('leave nothing half-written when a rule fails, and name the line but nothing of it', async () => {
    const rules = [{ path: 'Patient.name.family', method: 'generalize', cases: { '$this > 5': '1' } }];
    const failed = run([bundle.replace('family', 'text'), patient], rules);
    await expect(failed).rejects.toMatchObject({ code: 'FHIRPATH_PROCESSING_FAILED' });
    await expect(failed).rejects.toThrow(/^line 2: rule 1 /);
    await expect(failed).rejects.not.toThrow(/Roe/);
    expect(await readdir(folder)).not.toContain('out');
  });
});
