import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  KEY_TYPE,
  parseVerifierKey,
  signCheckpoint,
  verifierKey,
} from '@aceso/ledger/domain';
import { ed25519PublicKey, ed25519Signer, KeyCustody, sha256 } from '@aceso/platform';
import { AcesoClient, waitFor } from '../../apps/cli/src/demo/aceso-client';
import { PartyClient } from '../../apps/cli/src/demo/party-client';
import { AcesoProcess, describeWhenBuilt, runAceso, type CommandResult } from './testing/aceso-process';

// Every command is a process of its own, and some start a database server.
jest.setTimeout(300_000);

/** `aceso ledger` on an instance as it is served, and on the same one when it rests. */
describeWhenBuilt('aceso ledger')('aceso ledger', () => {
  let aceso: AcesoProcess;
  let policy: string;
  let token: string;

  beforeAll(async () => {
    aceso = await AcesoProcess.start();
    policy = join(aceso.folder, 'trust.policy');
    token = join(aceso.folder, 'token');
    const client = await AcesoClient.connect(aceso.baseUrl);
    const officer = new PartyClient('officer', 'officer', client);
    await officer.register(await aceso.invite('officer'));
    writeFileSync(token, `${await officer.bearer()}\n`);
    await waitFor('a public checkpoint', async () => (await status()).published ?? undefined);
    writeFileSync(policy, `log ${(await status()).verifierKey}\nquorum none\n`);
  }, 180_000);
  afterAll(() => aceso?.stop(), 60_000);

  const run = (...args: readonly string[]): Promise<CommandResult> =>
    runAceso(['ledger', ...args], { ACESO_HOME: aceso.home });

  interface Status {
    readonly verifierKey: string;
    readonly origin: string;
    readonly size: string;
    readonly published: { readonly size: string } | null;
    readonly signingRecord: { readonly size: string } | null;
    readonly witnesses: readonly { readonly witness: string; readonly state: string }[];
  }

  const status = async (): Promise<Status> => JSON.parse((await run('status', '--json')).stdout) as Status;

  const audit = (from: string, ...args: readonly string[]): Promise<CommandResult> =>
    run('audit', '--from', from, '--policy', policy, '--json', ...args);

  it('says how the log stands', async () => {
    const { origin, published, signingRecord, witnesses } = await status();
    expect(witnesses).toMatchObject(
      [1, 2].map((number) => ({ witness: `${origin}/witness-${number}`, state: 'agrees', size: expect.any(String) })),
    );
    expect(origin).toMatch(/^localhost\/aceso-[0-9a-f]{8}$/);
    expect(Number(signingRecord?.size)).toBeGreaterThanOrEqual(Number(published?.size));
    expect((await run('status')).stdout).toContain(`origin: ${origin}\n`);
  });

  it('ends with 1 and both checkpoints when a witness holds more of this log than the database', async () => {
    const { origin, verifierKey: logKey } = await status();
    const text = formatCheckpoint({ origin, size: 1_000_000n, root: sha256(Buffer.from('lost')), extensions: [] });
    const sign = ed25519Signer(new KeyCustody(join(aceso.home, 'keys')).serviceSeed('ledger'));
    const note = formatNote({ text, signatures: [signCheckpoint(text, parseVerifierKey(logKey, sha256), sign)] });
    const server = createServer((_, response) => void response.end(note));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const publicKey = ed25519PublicKey(sha256(Buffer.from('w')));
    const key = formatVerifierKey(
      verifierKey({ name: 'w.example.net', type: KEY_TYPE.cosignature, publicKey }, sha256),
    );
    const file = join(aceso.folder, 'witness.policy');
    writeFileSync(file, `witness w ${key} http://127.0.0.1:${(server.address() as AddressInfo).port}\nquorum w\n`);
    const { exitCode, stdout } = await runAceso(['ledger', 'status'], {
      ACESO_HOME: aceso.home,
      ACESO_WITNESS_POLICY: file,
    });
    server.close();
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('CONTRADICTS this log')]);
    expect(stdout).toContain(note);
    expect(stdout.match(/^\u2014 /gm)?.length).toBeGreaterThanOrEqual(2);
  });

  it('finds nothing wrong while the instance writes on', async () => {
    const { exitCode, stdout } = await run('fsck', '--openings', '--json');
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { findings: [] }]);
  });

  it('audits the served log from outside, with entries for a compliance officer', async () => {
    const from = `${aceso.baseUrl}/ledger`;
    const outside = await audit(from);
    expect([outside.exitCode, JSON.parse(outside.stdout)]).toMatchObject([0, { verdict: 'verified', entries: false }]);
    const inside = await audit(from, '--token-file', token);
    expect([inside.exitCode, JSON.parse(inside.stdout)]).toMatchObject([0, { verdict: 'verified', entries: true }]);
    const unproven = await run('audit', '--from', from);
    expect([unproven.exitCode, unproven.stdout]).toEqual([2, expect.stringContaining('intact, origin not proven')]);
    writeFileSync(join(aceso.folder, 'wrong'), 'nobody');
    expect((await audit(from, '--token-file', join(aceso.folder, 'wrong'))).exitCode).toBe(64);
    const [row] = await aceso.ownerQuery<{ reads: string }>(
      `select count(*) as reads from audit.access_event where act = 'ledger.entries-read' and outcome = 'permitted'`,
    );
    expect(Number(row?.reads)).toBeGreaterThan(0);
  });

  it('proves an entry in a file that `aceso verify` and others read', async () => {
    const file = join(aceso.folder, 'entry.tlog-proof');
    expect((await run('proof', '--index', '0', '--out', file)).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^c2sp\.org\/tlog-proof@v1\nextra .+\nindex 0\n/);
    expect((await run('proof', '--index', '999999')).stderr).toContain('LEDGER_ENTRY_NOT_PUBLIC');
    expect((await run('proof')).exitCode).toBe(64);
  });

  it('does all of it on an instance that is not served, and leaves nothing running', async () => {
    await aceso.end();
    const hosted = join(aceso.folder, 'hosted');
    const kept = join(aceso.folder, 'kept');
    expect((await run('export', '--out', hosted)).exitCode).toBe(0);
    writeFileSync(kept, readFileSync(join(hosted, 'checkpoint')));
    const misused = await run('export', '--out', hosted, '--auditor', '--entries-out', join(hosted, 'entries'));
    expect([misused.exitCode, misused.stderr]).toEqual([64, expect.stringContaining('not public')]);
    const bundles = join(aceso.folder, 'bundles');
    expect((await run('export', '--out', hosted, '--auditor', '--entries-out', bundles)).exitCode).toBe(0);
    const { exitCode, stdout } = await audit(hosted, '--entries-from', bundles, '--since', kept);
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { verdict: 'verified', entries: true, consistent: true }]);
    expect((await run('fsck')).stdout).toContain('everything is as it was logged');
    expect(existsSync(join(aceso.home, 'serve.lock'))).toBe(false);
  });

  it('names the record of what was signed when it is gone', async () => {
    const record = join(aceso.home, 'ledger', 'last-signed.json');
    const { exitCode, stdout } = await runAceso(['ledger', 'fsck'], {
      ACESO_HOME: aceso.home,
      ACESO_SIGNING_RECORD: `${record}.none`,
    });
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('signing record last-signed.json: is missing')]);
  });

  it('says what to do where nothing was ever served', async () => {
    const { exitCode, stderr } = await runAceso(['ledger', 'status'], { ACESO_HOME: join(aceso.folder, 'nowhere') });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('DATABASE_SECRETS_MISSING')]);
  });
});
