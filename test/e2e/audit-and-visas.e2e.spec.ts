import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hex } from '@aceso/kernel';
import { AcesoClient } from '../../apps/cli/src/demo/aceso-client';
import { PartyClient } from '../../apps/cli/src/demo/party-client';
import { AcesoProcess, describeWhenBuilt, runAceso } from './testing/aceso-process';

const PUBLIC_URL = 'https://data.example.org';

interface Told {
  readonly resourceType: string;
  readonly id: string;
  readonly recorded: string;
  readonly subtype: readonly { readonly code: string }[];
}

describeWhenBuilt('the access log and visas on real processes')('the access log and visas on real processes', () => {
  let aceso: AcesoProcess;
  let client: AcesoClient;
  let center: PartyClient;

  beforeAll(async () => {
    aceso = await AcesoProcess.start(() => ({ ACESO_PUBLIC_URL: PUBLIC_URL }));
    client = await AcesoClient.connect(aceso.baseUrl);
    center = new PartyClient('center', 'researcher', client);
    await center.register(await aceso.invite('researcher'));
    const officer = new PartyClient('officer', 'officer', client);
    await officer.register(await aceso.invite('officer'));
    writeFileSync(file('officer.key'), hex.encode(officer.seed));
  }, 180_000);
  afterAll(() => aceso?.stop(), 60_000);

  const file = (name: string): string => join(aceso.folder, name);
  const lines = (name: string): Told[] =>
    readFileSync(file(name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Told);
  const exported = (out: string, range: { since: string; until: string }) =>
    runAceso([
      ...['audit', 'export', '--reason', 'inspection', '--since', range.since, '--until', range.until],
      ...['--out', file(out), '--key-file', file('officer.key'), '--url', aceso.baseUrl],
    ]);

  it('a compliance officer saves a range whole, and goes on after a break with the same file', async () => {
    for (let n = 0; n < 5; n += 1) await center.run('mutation { issueVisa { visa } }');
    await aceso.ownerQuery(
      `insert into audit.access_event (id, act, outcome)
       select gen_random_uuid(), 'many.n' || n, 'permitted' from generate_series(1, 5000) n`,
    );
    await new Promise((resolve) => setTimeout(resolve, 1_200)); // an export ends a second before now
    const range = {
      since: new Date(Date.now() - 3_600_000).toISOString(),
      until: new Date(Date.now() - 1_100).toISOString(),
    };
    const whole = await exported('whole.ndjson', range);
    expect(whole).toMatchObject({ exitCode: 0, stderr: '' });
    const [{ count }] = (await aceso.ownerQuery<{ count: number }>(
      'select count(*)::int as count from audit.access_event where occurred_at >= $1 and occurred_at < $2',
      [range.since, range.until],
    )) as [{ count: number }];
    const events = lines('whole.ndjson');
    expect(events).toHaveLength(count);
    expect(whole.stdout).toContain(`${count} access events`);
    expect(new Set(events.map(({ id }) => id)).size).toBe(count);
    const times = events.map(({ recorded }) => recorded);
    expect(times).toEqual([...times].sort());
    expect(events.filter(({ subtype }) => subtype.some(({ code }) => code === 'visa.issued'))).toHaveLength(5);

    const text = readFileSync(file('whole.ndjson'));
    for (const cut of [Math.floor(text.length / 2), text.length]) {
      writeFileSync(file('again.ndjson.part'), text.subarray(0, cut));
      expect(await exported('again.ndjson', range)).toMatchObject({
        exitCode: 0,
        stdout: whole.stdout.replace('whole', 'again'),
      });
      expect(readFileSync(file('again.ndjson')).equals(text)).toBe(true);
    }
    writeFileSync(file('other.ndjson.part'), text);
    const other = await exported('other.ndjson', {
      ...range,
      until: new Date(Date.now() - 7_200_000).toISOString(),
      since: '2026-01-01T00:00:00Z',
    });
    expect(other).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('AUDIT_EXPORT_OTHER_FILE') });
  }, 300_000);

  it('an issued visa is verified by the command, with the keys that the instance shows', async () => {
    const { issueVisa } = await center.run<{ issueVisa: { visa: string } }>('mutation { issueVisa { visa } }');
    const answer = await fetch(`${aceso.baseUrl}/visas/jwks.json`);
    expect(answer.headers.get('content-type')).toContain('application/jwk-set+json');
    const { keys } = (await answer.json()) as { keys: object[] };
    writeFileSync(file('visa.jwt'), issueVisa.visa);
    const issuers = [{ issuer: PUBLIC_URL, jku: `${PUBLIC_URL}/visas/jwks.json`, keys }];
    writeFileSync(file('issuers.json'), JSON.stringify(issuers));
    const { sub } = JSON.parse(Buffer.from(issueVisa.visa.split('.')[1] ?? '', 'base64url').toString()) as {
      sub: string;
    };
    const verified = await runAceso([
      ...['visas', 'verify', file('visa.jwt'), '--issuers', file('issuers.json')],
      ...['--issuer', PUBLIC_URL, '--subject', sub],
    ]);
    expect(verified).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(verified.stdout)).toMatchObject({ type: 'ResearcherStatus', source: PUBLIC_URL });
    const page = await fetch(`${aceso.baseUrl}/docs/visas.md`);
    expect(await page.text()).toContain('## Researcher status');
  }, 60_000);
});
