import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { alternative } from '@aceso/consent/testing';
import { sha256 } from '@aceso/platform';
import { splitRuleHash } from '@aceso/settlement/domain';
import { AcesoClient } from '../../apps/cli/src/demo/aceso-client';
import { registerParties, type DemoPatient } from '../../apps/cli/src/demo/cast';
import { PartyClient } from '../../apps/cli/src/demo/party-client';
import { Sale } from '../../apps/cli/src/demo/sale';
import { AcesoProcess, describeWhenBuilt, runAceso } from './testing/aceso-process';
import { alikeAdults } from './testing/alike-adults';
import { silentProgress } from './testing/silent-progress';

const ERASE = `mutation($s: String!) { eraseMyRecord(statement: $s) { records latencyDays deadOn sourceRecord } }`;
const LIVING = 'select count(*)::integer as n from register.source_record where kind = $1 and key_wrapped is not null';

/** The story of the operator: a dump of yesterday, an erasure of today, and a restore. */
describeWhenBuilt('an erasure')('an erasure', () => {
  let aceso: AcesoProcess;
  let restored: AcesoProcess | undefined;
  let erased: DemoPatient;
  const own = () => ({ ACESO_HOME: aceso.home });
  const yesterday = () => join(aceso.folder, 'yesterday');
  const keys = () => join(aceso.home, 'keys');

  beforeAll(async () => {
    aceso = await AcesoProcess.start();
    const client = await AcesoClient.connect(aceso.baseUrl);
    const cast = await registerParties(client, (role) => aceso.invite(role));
    const sale = new Sale(client, cast, silentProgress);
    const input = alikeAdults(aceso.folder, 6);
    await sale.ingest(input);
    await sale.bind(input);
    [erased] = sale.patients as [DemoPatient];
    await setTerms(erased);
  }, 120_000);

  afterAll(async () => {
    await restored?.stop();
    await aceso?.stop();
  }, 60_000);

  const living = async (of: AcesoProcess): Promise<number> =>
    (await of.ownerQuery<{ n: number }>(LIVING, ['patient']))[0]?.n ?? 0;

  async function setTerms({ client }: DemoPatient): Promise<void> {
    const { termsNotice } = await client.run<{ termsNotice: { hash: string; language: string } }>(
      '{ termsNotice { hash language } }',
    );
    const { text } = client.stateInChain('aceso/standing-terms/v1', {
      mode: 'answer-for-me',
      alternatives: [alternative()],
      splitRule: splitRuleHash(sha256),
      notice: { ...termsNotice, payment: true },
    });
    await client.run('mutation($s: String!) { setStandingTerms(statement: $s) { terms } }', { s: text });
  }

  /** Standing terms that answer, and statements that still say which. */
  const terms = async (of: AcesoProcess): Promise<object | undefined> =>
    (
      await of.ownerQuery<object>(
        `select (select count(*)::integer from consent.standing_terms) as answering,
                (select count(*)::integer from identity.statement
                  where typ = 'aceso/standing-terms/v1' and text <> '{}') as readable`,
      )
    )[0];

  it('follows a backup of the running instance', async () => {
    const { exitCode, stdout, stderr } = await runAceso(['backup', '--out', yesterday(), '--json'], own());
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ keys: null });
    expect(await living(aceso)).toBe(6);
    expect(await terms(aceso)).toEqual({ answering: 1, readable: 1 });
    // Keys and tombstones as they were: what somebody has who copied them with the dump.
    mkdirSync(join(aceso.folder, 'old'));
    cpSync(keys(), join(aceso.folder, 'old', 'keys'), { recursive: true });
  }, 60_000);

  it('holds at once, and the receipt outlives it', async () => {
    const { client } = erased;
    const statement = client.stateInChain('aceso/erasure/v1', {
      sourceRecord: null,
      confirmation: 'this cannot be undone',
    });
    const { eraseMyRecord } = await client.run<{ eraseMyRecord: object }>(ERASE, { s: statement.text });
    expect(eraseMyRecord).toMatchObject({ records: 1, latencyDays: 60, sourceRecord: null });
    expect(await client.run(ERASE, { s: statement.text })).toMatchObject({ eraseMyRecord: { records: 1 } });
    expect(await client.run('{ myRecords { sourceRecord } }')).toEqual({ myRecords: [] });
    expect(await living(aceso)).toBe(5);
    expect(await terms(aceso)).toEqual({ answering: 0, readable: 0 });
    for (;;) {
      const { myErasures } = await client.run<{ myErasures: { receipt: { file: string } | null }[] }>(
        '{ myErasures { deadOn receipt { file opening { payload } } } }',
      );
      if (myErasures[0]?.receipt) {
        expect(JSON.stringify(myErasures)).toContain('record.erased');
        break;
      }
    }
    expect((await runAceso(['ledger', 'fsck'], own())).exitCode).toBe(0);
  }, 60_000);

  it('is said by a proof of the backup, which leaves nothing behind', async () => {
    const args = ['restore', '--prove', '--from', yesterday(), '--keys', keys(), '--json'];
    const { exitCode, stdout, stderr } = await runAceso(args, own());
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      tombstones: { all: 1, appliedNow: 1 },
      erased: { records: 1, opened: 0 },
      records: { unreadable: 0 },
      sound: true,
    });
  }, 120_000);

  it('is applied to the restored dump of yesterday before the instance is ready', async () => {
    await aceso.end();
    restored = await AcesoProcess.start(async (folder) => {
      const home = join(folder, 'home');
      const args = ['restore', '--from', yesterday(), '--keys', join(aceso.folder, 'old', 'keys'), '--json'];
      const { exitCode, stdout } = await runAceso(args, { ACESO_HOME: home });
      expect([exitCode, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ erasedAgain: 0 })]);
      // With the keys of yesterday nothing was erased: only now the tombstones come from where they are kept.
      cpSync(join(keys(), 'tombstones'), join(home, 'keys', 'tombstones'), { recursive: true });
      return {};
    });
    expect(await living(restored)).toBe(5);
    expect(await terms(restored)).toEqual({ answering: 0, readable: 0 });
    const applied = restored.log.indexOf('1 erasures were applied again');
    expect(applied).toBeGreaterThan(0);
    expect(applied).toBeLessThan(restored.log.indexOf('"message":"ready"'));
    const patient = new PartyClient(
      'patient',
      'patient',
      await AcesoClient.connect(restored.baseUrl),
      erased.client.seed,
    );
    expect(await patient.run('{ myRecords { sourceRecord } myContact { name } }')).toEqual({
      myRecords: [],
      myContact: null,
    });
  }, 180_000);
});
