import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment, writeTombstone } from '@aceso/platform';
import { AcesoClient } from '../../apps/cli/src/demo/aceso-client';
import { registerParties, type DemoPatient } from '../../apps/cli/src/demo/cast';
import { Sale } from '../../apps/cli/src/demo/sale';
import { AcesoProcess, COMMAND, describeWhenBuilt, runAceso } from '../e2e/testing/aceso-process';
import { alikeAdults } from '../e2e/testing/alike-adults';
import { silentProgress } from '../e2e/testing/silent-progress';

const KEYS = `select
  (select count(*)::integer from register.source_record where kind = 'patient' and key_wrapped is not null) as living,
  (select count(*)::integer from identity.binding where ended_at is null) as bound,
  (select count(*)::integer from register.erasure) as erasures`;

/** SIGKILL in the middle of what upkeep does, at moments that differ from round to round. */
describeWhenBuilt('killed upkeep')('killed upkeep', () => {
  let aceso: AcesoProcess;
  let patients: DemoPatient[];
  const own = () => ({ ACESO_HOME: aceso.home });

  beforeAll(async () => {
    aceso = await AcesoProcess.start();
    const client = await AcesoClient.connect(aceso.baseUrl);
    const cast = await registerParties(client, (role) => aceso.invite(role));
    const sale = new Sale(client, cast, silentProgress);
    const input = alikeAdults(aceso.folder, 8);
    await sale.ingest(input);
    await sale.bind(input);
    patients = [...sale.patients];
  }, 120_000);
  afterAll(() => aceso?.stop(), 60_000);

  /** Runs the command and kills it after so many milliseconds; false when it had ended before. */
  async function killed(args: readonly string[], afterMs: number): Promise<boolean> {
    const child = spawn(process.execPath, [COMMAND, ...args], {
      env: { PATH: environment().PATH, ...own() },
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await sleep(afterMs);
    const wasKilled = child.exitCode === null && child.kill('SIGKILL');
    await ended;
    return wasKilled;
  }

  const masterKeys = (): string[] => readdirSync(join(aceso.home, 'keys')).filter((name) => name.startsWith('epoch-'));
  const state = async () => (await aceso.ownerQuery<{ living: number; bound: number; erasures: number }>(KEYS))[0]!;

  it('turns the epoch in the end, and every record opens', async () => {
    let kills = 0;
    for (const afterMs of [500, 900, 1_400]) kills += (await killed(['keys', 'rotate'], afterMs)) ? 1 : 0;
    expect(kills).toBeGreaterThan(0);
    expect((await runAceso(['keys', 'rotate'], own())).exitCode).toBe(0);
    expect(masterKeys()).toHaveLength(1);
    const { stdout } = await runAceso(['keys', 'list', '--json'], own());
    const states = JSON.parse(stdout) as { state: string }[];
    expect(states.filter((epoch) => epoch.state !== 'destroyed')).toEqual([
      expect.objectContaining({ state: 'alive', newest: true }),
    ]);
    const out = join(aceso.folder, 'after-rotate');
    expect((await runAceso(['backup', '--out', out], own())).exitCode).toBe(0);
    const proof = await runAceso(['restore', '--prove', '--from', out, '--keys', join(aceso.home, 'keys')], own());
    expect(proof).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('the backup is sound') });
  }, 180_000);

  it('completes an erasure whose api died between tombstone and commit, and the api comes back', async () => {
    const marks = ['0'.repeat(64)];
    const before = aceso.pidsOf('api').length;
    writeTombstone(join(aceso.home, 'keys'), { id: 'f'.repeat(64), marks });
    process.kill(aceso.pidsOf('api').at(-1)!, 'SIGKILL');
    for (let waited = 0; aceso.pidsOf('api').length === before && waited < 20_000; waited += 50) await sleep(50);
    expect(aceso.pidsOf('api').length).toBe(before + 1);
    expect(await aceso.ownerQuery('select from platform.tombstone')).toHaveLength(1);
    rmSync(join(aceso.home, 'keys', 'tombstones', `${'f'.repeat(64)}.json`));
  }, 60_000);

  it('leaves no backup under the name of a whole one', async () => {
    let kills = 0;
    for (const afterMs of [500, 1_000]) {
      const out = join(aceso.folder, `killed-${afterMs}`);
      if (await killed(['backup', '--out', out], afterMs)) kills += 1;
      expect(existsSync(out)).toBe(existsSync(join(out, 'manifest.json')));
    }
    expect(kills).toBeGreaterThan(0);
    expect((await runAceso(['backup', '--out', join(aceso.folder, 'killed-500')], own())).exitCode).toBe(0);
  }, 120_000);

  it('erases whole persons or nobody when the api dies, and the same statement again completes it', async () => {
    const erase = `mutation($s: String!) { eraseMyRecord(statement: $s) { records } }`;
    for (const [round, { client }] of patients.slice(0, 3).entries()) {
      const claims = { sourceRecord: null, confirmation: 'this cannot be undone' };
      const { text } = client.stateInChain('aceso/erasure/v1', claims);
      await client.bearer();
      const before = aceso.pidsOf('api').length;
      const answer = client.run(erase, { s: text }).catch(() => undefined);
      await sleep(2 + round * 6);
      process.kill(aceso.pidsOf('api').at(-1)!, 'SIGKILL');
      await answer;
      const { living, bound } = await state();
      expect(bound).toBe(living);
      while (aceso.pidsOf('api').length === before) await sleep(50);
      expect(await client.run(erase, { s: text })).toHaveProperty('eraseMyRecord');
      expect(await state()).toEqual({ living: 7 - round, bound: 7 - round, erasures: round + 1 });
    }
    expect(readdirSync(join(aceso.home, 'keys', 'tombstones'))).toHaveLength(3);
    expect((await runAceso(['ledger', 'fsck'], own())).exitCode).toBe(0);
  }, 180_000);
});
