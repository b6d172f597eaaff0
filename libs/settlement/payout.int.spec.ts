import { randomUUID } from 'node:crypto';
import { assert } from '@aceso/kernel';
import { openIdentityKit, type IdentityKit, type Member } from '@aceso/identity/testing';
import { EarningsService } from './earnings.service';
import { PayoutService, type PayoutId } from './payout.service';
import { SettlementService } from './settlement.service';
import { euro, orderNo, personNo } from './testing/builders';

const BANK = { holder: 'Amina Yusuf', iban: 'DE89370400440532013000' };

let kit: IdentityKit;
let payouts: PayoutService;
let earnings: EarningsService;
let officer: Member;
let other: Member;
let buyer: Member;
let provider: Member;
let sales = 0;

beforeAll(async () => {
  kit = await openIdentityKit();
  const { audit, ledger } = kit.logs;
  payouts = new PayoutService(kit.test.database, kit.vaultItems, audit);
  earnings = new EarningsService(new SettlementService(), audit, ledger, kit.runtime);
  [officer, other] = [await kit.member('officer'), await kit.member('officer')];
  [buyer, provider] = [await kit.member('researcher'), await kit.member('provider')];
}, 120_000);
afterAll(() => kit.test.close());

/** A patient who earned, and asked for one euro. */
async function asking(bankDetails = true): Promise<{ patient: Member; payoutId: PayoutId }> {
  const patient = await kit.member('patient');
  const settlement = new SettlementService();
  const { database } = kit.test;
  const orderId = orderNo(++sales);
  const persons = [{ personId: patient.actor.personId!, providerIds: [provider.actor.partyId] }];
  await database.transaction('worker', async (tx) => {
    await settlement.deposit(tx, { buyerId: buyer.actor.partyId, amount: euro(5), reference: `RF${sales}` });
    await settlement.fundEscrow(tx, { orderId, buyerId: buyer.actor.partyId, amount: euro(5) });
    await settlement.settleRelease(tx, { orderId, unitMinor: 500n, currency: 'EUR', persons });
  });
  if (bankDetails) await kit.vaultItems.save(patient.actor, 'bank-details', BANK);
  await database.transaction('api', (tx) => earnings.payOut(tx, patient.actor, { amount: euro(1), key: randomUUID() }));
  const asked = (await open()).at(-1);
  assert(asked, 'the payout waits');
  return { patient, payoutId: asked.payoutId };
}

const open = (actor = officer) =>
  kit.test.database.transaction('api', (tx) => payouts.listOpen(tx, actor.actor, { after: null, limit: 50 }));
const seenBy = ({ actor }: Member) =>
  kit.test.database.transaction('api', async (tx) => {
    await tx.actAs(actor.partyId);
    return tx.query(
      `select actor_id as actor, outcome, reason, detail, ledger_entry_id is not null as entered
         from audit.access_event where act = 'payout.executed' and subject_id = $1 order by seq`,
      [actor.personId],
    );
  });
const executions = (payoutId: PayoutId) =>
  kit.test.ownerQuery('select officer_id from settlement.payout_execution where transfer_id = $1', [payoutId]);
const refusal = (code: string) => expect.objectContaining({ code });

it('waits for an officer, who reads the bank details by executing it, and its payee sees who did', async () => {
  const { patient, payoutId } = await asking();
  expect((await open()).map((each) => each.payoutId)).toContain(payoutId);
  const executed = await payouts.execute(officer.actor, payoutId);
  expect(executed).toMatchObject({ payoutId, amount: { amountMinor: 100n, currency: 'EUR' }, bankDetails: BANK });
  expect(await seenBy(patient)).toEqual([
    { actor: officer.actor.partyId, outcome: 'permitted', reason: null, detail: null, entered: true },
  ]);
  expect((await open()).map((each) => each.payoutId)).not.toContain(payoutId);
});

it('again by the same officer it moves nothing, and its reading is seen again; another officer is refused', async () => {
  const { patient, payoutId } = await asking();
  const first = await payouts.execute(officer.actor, payoutId);
  expect(await payouts.execute(officer.actor, payoutId)).toEqual(first);
  expect(await executions(payoutId)).toEqual([{ officer_id: officer.actor.partyId }]);
  await expect(payouts.execute(other.actor, payoutId)).rejects.toEqual(refusal('PAYOUT_IN_OTHER_HANDS'));
  expect(await seenBy(patient)).toMatchObject([
    { outcome: 'permitted' },
    { outcome: 'permitted' },
    { actor: other.actor.partyId, outcome: 'refused', reason: 'PAYOUT_IN_OTHER_HANDS' },
  ]);
});

it('asked for by two officers at once it is one of them who executes it', async () => {
  const { payoutId } = await asking();
  const answers = await Promise.allSettled([officer, other].map(({ actor }) => payouts.execute(actor, payoutId)));
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await executions(payoutId)).toHaveLength(1);
});

it('stays open without bank details, which its payee is told, and works once they are there', async () => {
  const { patient, payoutId } = await asking(false);
  await expect(payouts.execute(officer.actor, payoutId)).rejects.toEqual(refusal('PAYOUT_BANK_DETAILS_MISSING'));
  expect(await executions(payoutId)).toEqual([]);
  expect(await seenBy(patient)).toMatchObject([{ outcome: 'refused', reason: 'PAYOUT_BANK_DETAILS_MISSING' }]);
  await kit.vaultItems.save(patient.actor, 'bank-details', BANK);
  await expect(payouts.execute(officer.actor, payoutId)).resolves.toMatchObject({ bankDetails: BANK });
});

it('is not executed for a payee who is stopped in the meantime', async () => {
  const { patient, payoutId } = await asking();
  await kit.test.ownerQuery(
    `insert into identity.licence_step (party_id, number, state, at, doer, reason)
     values ($1, 1, 'suspended', now(), 'operator', 'inquiry')`,
    [patient.actor.partyId],
  );
  await expect(payouts.execute(officer.actor, payoutId)).rejects.toEqual(refusal('PAYOUT_PAYEE_STOPPED'));
  expect(await executions(payoutId)).toEqual([]);
});

it('does not exist for who is no officer, nor does what is no payout', async () => {
  const { patient, payoutId } = await asking();
  for (const actor of [patient, buyer]) {
    await expect(payouts.execute(actor.actor, payoutId)).rejects.toEqual(refusal('NOT_FOUND'));
    expect(await open(actor)).toEqual([]);
  }
  await expect(payouts.execute(officer.actor, randomUUID() as PayoutId)).rejects.toEqual(refusal('NOT_FOUND'));
});

it('leaves neither state nor reading where one of the two fails', async () => {
  const { patient, payoutId } = await asking();
  const record = jest.spyOn(kit.logs.audit, 'record').mockRejectedValue(new Error('the log is full'));
  await expect(payouts.execute(officer.actor, payoutId)).rejects.toThrow('the log is full');
  record.mockRestore();
  expect(await executions(payoutId)).toEqual([]);
  expect(await seenBy(patient)).toEqual([]);
});

it.each(['payout.executed for another payee', 'another act'])('the database refuses the event of %s', async (kind) => {
  const { payoutId } = await asking();
  const stranger = await kit.member('patient');
  const execute = kit.test.database.transaction('vault', async (tx) => {
    const event = await kit.logs.audit.record(tx, {
      act: kind === 'another act' ? 'bank-details.read' : 'payout.executed',
      actorId: officer.actor.partyId,
      subjectId: personNo(1),
      objectType: 'bank-details',
      objectId: stranger.actor.partyId,
      outcome: 'permitted',
    });
    await tx.query('select vault.execute_payout($1, $2)', [payoutId, event]);
  });
  await expect(execute).rejects.toMatchObject({ constraint: 'payout_event' });
});

it.each(['api', 'worker', 'vault'] as const)('the role %s writes no execution by itself', async (role) => {
  await expect(kit.test.database.query(role, 'select from settlement.payout_execution')).rejects.toThrow(
    'permission denied',
  );
});
