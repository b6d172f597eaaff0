import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STEPS } from '../../apps/cli/src/demo/after-delivery';
import type { DemoSummary } from '../../apps/cli/src/demo/summary';
import { describeWhenBuilt, runAceso } from './testing/aceso-process';
import { alikeAdults } from './testing/alike-adults';

describeWhenBuilt('the demo')('the demo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aceso-demo-'));
  // Under root the server runs as another user, who has to pass.
  chmodSync(folder, 0o711);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function demo(patients: number): Promise<{ summary: DemoSummary; printed: string }> {
    const own = join(folder, String(patients));
    mkdirSync(own, { mode: 0o711 });
    const input = alikeAdults(own, patients).files.map(({ path }) => path);
    const args = ['demo', '--exit', '--json', '--out', join(own, 'out'), '--input', ...input];
    const { exitCode, stdout, stderr } = await runAceso(args, { PORT: '0' });
    expect([exitCode, stderr]).toEqual([0, expect.any(String)]);
    return { summary: JSON.parse(stdout) as DemoSummary, printed: stderr };
  }

  it('plays everything that it says, and verifies it', async () => {
    const { summary, printed } = await demo(24);
    expect(summary).toMatchObject({ verified: true, reason: null, shown: STEPS });
    expect(summary).toMatchObject({ cohort: 24, consented: 20, byTerms: 3, declined: 2, unanswered: 2 });
    for (const said of ['NO_DATA', 'RULE_DENIES, rule 2', 'UNCONSCIOUS', 'KEY_REVOKED', 'ACKNOWLEDGED']) {
      expect(printed).toContain(said);
    }
  }, 240_000);

  it('says what it did not show where a cohort is too small for a package', async () => {
    const { summary, printed } = await demo(12);
    expect(summary).toMatchObject({ package: null, reason: 'COHORT_TOO_SMALL', shown: ['standing terms'] });
    expect(printed).toContain('not shown       refusal explained');
  }, 240_000);
});
