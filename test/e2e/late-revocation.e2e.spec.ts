import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AcesoClient } from '../../apps/cli/src/demo/aceso-client';
import { revokeOne } from '../../apps/cli/src/demo/answers';
import { registerParties } from '../../apps/cli/src/demo/cast';
import { makeBuyerKey, openAndVerify } from '../../apps/cli/src/demo/delivery';
import { Sale, type OrderView } from '../../apps/cli/src/demo/sale';
import { answerCounts, packageCounts, reasonOf } from '../../apps/cli/src/demo/summary';
import { AcesoProcess, describeWhenBuilt } from './testing/aceso-process';
import { ADULTS, alikeAdults } from './testing/alike-adults';
import { silentProgress } from './testing/silent-progress';

describeWhenBuilt('revocations after the release')('revocations after the release', () => {
  let aceso: AcesoProcess;
  let client: AcesoClient;
  let sale: Sale;

  beforeAll(async () => {
    aceso = await AcesoProcess.start();
    client = await AcesoClient.connect(aceso.baseUrl);
    const cast = await registerParties(client, (role) => aceso.invite(role));
    sale = new Sale(client, cast, silentProgress);
    const input = alikeAdults(aceso.folder, 18);
    await sale.ingest(input);
    await sale.bind(input);
  }, 120_000);

  afterAll(() => aceso?.stop(), 60_000);

  /** Plays an order to its release, in which one of 14 who agreed revokes at any time; then as many more revoke. */
  async function released(out: string, late: number): Promise<OrderView> {
    mkdirSync(out);
    const { recipient } = await makeBuyerKey(out);
    const offer = { criteria: ADULTS, fields: ['Patient', 'Condition'], recipientAgeKey: recipient, unitMinor: 500 };
    const order = await sale.fulfil(await sale.request(offer));
    for (let n = 0; n < late; n += 1) await revokeOne(sale.patients);
    return order;
  }

  it('wait for the package that is made anew, and are counted apart', async () => {
    const out = join(aceso.folder, 'late');
    const order = await released(out, 1);
    expect(await sale.download(order, join(out, 'package.age'))).toBe(true);
    const { status } = await client.graphql<{ status: { verifierKey: string } }>('{ status { verifierKey } }');
    writeFileSync(join(out, 'trust.policy'), `log ${status.verifierKey}\nquorum none\n`);
    const delivery = await openAndVerify(out, { recipient: '', identityFile: join(out, 'buyer.agekey') });
    expect(delivery.verified).toBe(true);
    const revoked = await sale.countRevoked();
    expect(revoked.beforeRelease + revoked.afterRelease).toBe(2);
    expect(revoked.afterRelease).toBeGreaterThanOrEqual(1);
    const answers = answerCounts(sale.patients);
    expect(answers).toMatchObject({ cohort: 18, consented: 14, declined: 2, unanswered: 2 });
    expect(packageCounts(answers.consented, revoked, delivery)).toEqual({
      revokedBeforeRelease: revoked.beforeRelease,
      revokedAfterRelease: revoked.afterRelease,
      suppressed: 0,
      released: 12,
    });
    expect(reasonOf(order, delivery)).toBeNull();
  }, 120_000);

  it('end the download when they leave too few', async () => {
    const out = join(aceso.folder, 'withdrawn');
    const order = await released(out, 3);
    expect(await sale.download(order, join(out, 'package.age'))).toBe(false);
    expect(reasonOf(order, null)).toBe('PACKAGE_WITHDRAWN');
  }, 120_000);
});
