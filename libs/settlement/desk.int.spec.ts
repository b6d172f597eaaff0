import { createAudit } from '@aceso/audit/testing';
import type { Actor } from '@aceso/platform/graphql';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { DepositService } from './deposit.service';
import { EarningsService } from './earnings.service';
import { SettlementService } from './settlement.service';
import { buyerNo, euro, orderNo, personNo, providerNo } from './testing/builders';

const settlement = new SettlementService();
const did = (name: string) => `did:key:z6Mk${name}`;
const officer: Actor = { partyId: buyerNo(90), role: 'officer', did: did('Bureau') };
const buyer: Actor = { partyId: buyerNo(1), role: 'researcher', did: did('Buyer') };
const provider: Actor = { partyId: providerNo(1), role: 'provider', did: did('Ward') };
const amina: Actor = { partyId: buyerNo(2), role: 'patient', did: did('Amina'), personId: personNo(1) };
let test: TestDatabase;
let deposits: DepositService;
let earnings: EarningsService;

beforeAll(async () => {
  test = await startTestDatabase();
  const { audit, ledger } = createAudit(test);
  deposits = new DepositService(settlement, audit, ledger);
  earnings = new EarningsService(settlement, audit, ledger, test.runtime);
  for (const party of [officer, buyer, provider, amina]) {
    await test.ownerQuery('insert into identity.party (id, did, role, registered_at) values ($1, $2, $3, now())', [
      party.partyId,
      party.did,
      party.role,
    ]);
  }
  await test.ownerQuery('insert into identity.patient (party_id, person_id) values ($1, $2)', [
    amina.partyId,
    amina.personId,
  ]);
}, 60_000);
afterAll(() => test.close());

const record = (input: { buyer: string; amount: { amountMinor: bigint; currency: string }; reference: string }) =>
  test.database.transaction('api', (tx) => deposits.record(tx, officer, input));
const payOut = (actor: Actor, amount: number, key: string) =>
  test.database.transaction('api', (tx) => earnings.payOut(tx, actor, { amount: euro(amount), key }));
const balance = async (actor: Actor) =>
  (await test.database.transaction('api', (tx) => earnings.balance(tx, actor, 'EUR'))).amountMinor;
const events = (act: string) =>
  test.ownerQuery<{ subject_id: string | null; detail: object | null; ledger_entry_id: string | null }>(
    'select subject_id, detail, ledger_entry_id from audit.access_event where act = $1',
    [act],
  );

describe('a deposit', () => {
  it('is booked once, with one access event', async () => {
    await record({ buyer: buyer.partyId, amount: euro(100), reference: 'RF1' });
    await record({ buyer: buyer.did, amount: euro(100), reference: 'RF1' });
    expect(await balance(buyer)).toBe(10_000n);
    expect(await events('deposit.recorded')).toHaveLength(1);
  });

  it.each([
    ['a patient', amina.partyId],
    ['nobody', buyerNo(77)],
    ['a name', 'University'],
  ])('is refused for %s', async (_, to) => {
    await expect(record({ buyer: to, amount: euro(1), reference: 'RF2' })).rejects.toThrow(
      expect.objectContaining({ code: 'BUYER_UNKNOWN' }),
    );
  });
});

describe('earnings', () => {
  beforeAll(async () => {
    const orderId = orderNo(1);
    const persons = Array.from({ length: 11 }, (_, n) => ({
      personId: personNo(1 + n),
      providerIds: [provider.partyId],
    }));
    await test.database.transaction('worker', async (tx) => {
      await settlement.fundEscrow(tx, { orderId, buyerId: buyer.partyId, amount: euro(55) });
      await settlement.settleRelease(tx, { orderId, unitMinor: 500n, currency: 'EUR', persons });
    });
  });

  it('belong to patient and provider, and leave once a key', async () => {
    expect([await balance(amina), await balance(provider)]).toEqual([350n, 1100n]);
    await payOut(amina, 1, 'monday');
    await payOut(amina, 1, 'monday');
    await payOut(provider, 11, 'monday');
    expect([await balance(amina), await balance(provider)]).toEqual([250n, 0n]);
    await expect(payOut(amina, 2, 'monday')).rejects.toThrow(expect.objectContaining({ code: 'TRANSFER_KEY_REUSED' }));
    await expect(payOut(amina, 2.51, 'tuesday')).rejects.toThrow(
      expect.objectContaining({ code: 'INSUFFICIENT_FUNDS' }),
    );
    await expect(payOut(amina, 0.99, 'tuesday')).rejects.toThrow(expect.objectContaining({ code: 'AMOUNT_INVALID' }));
  });

  it('wait until a recovered key has its time behind it', async () => {
    await test.ownerQuery('alter table identity.party_key disable trigger all');
    await test.ownerQuery(
      `insert into identity.party_key (did, party_id, added_at, recovered_with, restricted_until)
       values ($1, $2, now(), sha256('recovery'), now() + interval '1 day')`,
      [amina.did, amina.partyId],
    );
    await expect(payOut(amina, 1, 'recovered')).rejects.toThrow(expect.objectContaining({ code: 'KEY_RESTRICTED' }));
    await test.ownerQuery('delete from identity.party_key where did = $1', [amina.did]);
    await test.ownerQuery('alter table identity.party_key enable trigger all');
    expect(await balance(amina)).toBe(250n);
  });

  it('of a patient show their amount in the sealed opening only', async () => {
    const paid = await events('payout.requested');
    const own = paid.filter(({ subject_id }) => subject_id === amina.personId);
    expect(own).toEqual([{ subject_id: amina.personId, detail: null, ledger_entry_id: expect.any(String) }]);
    expect(paid).toHaveLength(2);
  });

  it('name nobody in the natural key of a payout', async () => {
    const keys = await test.ownerQuery<{ natural_key: string }>(
      `select natural_key from settlement.transfer where kind = 'payout'`,
    );
    expect(keys).toHaveLength(2);
    for (const { natural_key } of keys) expect(natural_key).toMatch(/^payout:[0-9a-f]{64}$/);
  });

  it('stay where they are while their party is stopped, whatever the program asks for', async () => {
    const before = await balance(amina);
    await test.ownerQuery(
      `insert into identity.licence_step (party_id, number, state, at, doer, reason)
       values ($1, 1, 'suspended', now(), 'operator', 'key-compromise')`,
      [amina.partyId],
    );
    await expect(payOut(amina, 1, 'friday')).rejects.toMatchObject({ code: 'PARTY_NOT_ACTIVE' });
    const direct = test.database.transaction('api', async (tx) => {
      await tx.actAs(amina.partyId);
      await settlement.payOut(tx, { personId: personNo(1), amount: euro(1), key: 'ab'.repeat(32) });
    });
    await expect(direct).rejects.toMatchObject({ constraint: 'party_active' });
    expect(await balance(amina)).toBe(before);
  });
});
