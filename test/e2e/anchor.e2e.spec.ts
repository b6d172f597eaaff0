import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { anvilMissing, startAnvil, type Anvil } from '@aceso/ledger/testing';
import { AcesoProcess, describeWhenBuilt, runAceso } from './testing/aceso-process';

jest.setTimeout(240_000);

const WHAT = 'anchoring through the command and the services';
const whenPossible = anvilMissing(WHAT) ? describe.skip : describeWhenBuilt(WHAT);

/** A password in the node's address: nothing may repeat it. */
const PASSWORD = 'hunter2';

whenPossible(WHAT, () => {
  let node: Anvil;
  let aceso: AcesoProcess;
  let contract: string;
  let folder: string;
  let keyFile: string;

  beforeAll(async () => {
    node = await startAnvil();
    folder = mkdtempSync(join(tmpdir(), 'aceso-anchor-'));
    keyFile = join(folder, 'anchor.key');
    writeFileSync(keyFile, node.key, { mode: 0o600 });
    const { stdout } = await runAceso(['anchor', 'deploy', '--rpc', node.url, '--key-file', keyFile]);
    contract = stdout.trim();
    aceso = await AcesoProcess.start(variables);
  }, 120_000);
  afterAll(async () => {
    await aceso.stop();
    await node.stop();
    rmSync(folder, { recursive: true });
  });

  const variables = (): Record<string, string> => ({
    ACESO_ANCHOR_RPC_URL: node.url.replace('//', `//operator:${PASSWORD}@`),
    ACESO_ANCHOR_CONTRACT: contract,
    ACESO_ANCHOR_KEY_FILE: keyFile,
    ACESO_ANCHOR_INTERVAL_MINUTES: '1',
  });

  async function until<T>(look: () => Promise<T | undefined | null>): Promise<T> {
    for (let waited = 0; waited < 90_000; waited += 250) {
      const found = await look();
      if (found !== undefined && found !== null) return found;
      await sleep(250);
    }
    throw new Error('did not happen in time');
  }

  async function status(): Promise<{ checkpoint: string | null; anchor: Record<string, string> | null }> {
    const query = '{ status { checkpoint anchor { chainId contract size transactionHash blockNumber finalAt } } }';
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${aceso.baseUrl}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
    });
    return ((await answer.json()) as { data: { status: Awaited<ReturnType<typeof status>> } }).data.status;
  }

  const anchorCommand = (...args: string[]): ReturnType<typeof runAceso> =>
    runAceso(['anchor', ...args], { ...variables(), ACESO_HOME: aceso.home });

  it('deploys with a private key only', async () => {
    expect(contract).toMatch(/^0x[0-9a-f]{40}$/);
    const exposed = join(folder, 'exposed.key');
    writeFileSync(exposed, node.key, { mode: 0o644 });
    const { exitCode, stdout, stderr } = await anchorCommand('deploy', '--key-file', exposed);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('KEY_READABLE_BY_OTHERS');
  });

  it('anchors, shows it, and lets an outsider check it', async () => {
    const checkpoint = await until(async () => (await status()).checkpoint);
    const file = join(folder, 'checkpoint');
    writeFileSync(file, checkpoint);
    const verify = ['verify', '--contract', contract, '--checkpoint', file];
    await until(async () => (aceso.log.includes('an anchor is on its way') ? true : undefined));
    expect(await anchorCommand(...verify)).toMatchObject({
      exitCode: 2,
      stdout: expect.stringContaining('not final yet'),
    });
    expect((await anchorCommand('status')).stdout).toMatch(
      /^published: size 1\ncontract: size 1 on chain 31337\npending/,
    );
    await node.request('anvil_mine', '0x46');
    const report = await anchorCommand(...verify, '--json');
    expect(report.exitCode).toBe(0);
    expect(JSON.parse(report.stdout)).toMatchObject({ verdict: 'final', size: '1', signaturesChecked: false });
    const anchor = await until(async () => (await status()).anchor);
    expect(anchor).toMatchObject({ chainId: '31337', contract, size: '1' });
    writeFileSync(file, checkpoint.replace(/\n1\n.{4}/, '\n1\nAAAA'));
    expect(await anchorCommand(...verify)).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('broken') });
    expect((await anchorCommand('verify', '--contract', '0x1', '--checkpoint', file)).exitCode).toBe(64);
  });

  it('lives without the node, and repeats neither its address nor the key', async () => {
    await node.stop();
    expect((await status()).anchor).toMatchObject({ size: '1' });
    const said = await anchorCommand('status');
    expect(said.stdout).toContain('contract: not known [ANCHOR_NODE_UNREACHABLE]\nfinal   size 1');
    const all = aceso.log + said.stdout + said.stderr;
    expect(all).not.toContain(PASSWORD);
    expect(all).not.toContain(String(node.port));
    expect(all).not.toContain(node.key.slice(2));
  });
});
