import { pseudonymsUnder } from '@aceso/deidentification/domain';
import { hex, utf8 } from '@aceso/kernel';
import type { Member } from '@aceso/identity/testing';
import { judgeReceipt, parseTrustPolicy, type ReceiptReport } from '@aceso/ledger/domain';
import { publishAll } from '@aceso/ledger/testing';
import { hmacSha256, sha256, verifyEd25519 } from '@aceso/platform';
import { Participations, type StoredParticipation } from './participations';
import type { ReleaseReceipt } from './release-receipts';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

jest.setTimeout(180_000);

describe('receipts of a release', () => {
  let kit: ExtractionKit;
  let provider: Member;
  let small: Member;
  let persons: Contributor[];
  let sale: FundedSale;
  beforeAll(async () => {
    kit = await openExtractionKit();
    const { identity } = kit.market.consent;
    [provider, small] = [await identity.member('provider'), await identity.member('provider')];
    persons = [...(await kit.contributors(provider, 11)), ...(await kit.contributors(small, 2))];
    sale = await kit.sale(persons);
    await kit.run(sale.orderId);
  });
  afterAll(() => kit.test.close());

  const own = ({ actor }: Pick<Member, 'actor'>, limit = 5): Promise<readonly ReleaseReceipt[]> =>
    kit.receipts.own(actor, { limit, before: null });
  const judge = ({ file }: ReleaseReceipt): ReceiptReport => {
    const key = kit.market.consent.identity.logs.ledger.verifierKey();
    const policy = parseTrustPolicy(`log ${key}\nquorum none\n`, sha256);
    return judgeReceipt({ receipt: utf8(file as string), policy }, { sha256, verifyEd25519 });
  };

  it('come once the release is in the log', async () => {
    expect(await own(persons[0]!)).toEqual([]);
    await publishAll(kit.sequencer);
    expect(await own(persons[0]!)).toHaveLength(1);
  });

  it('prove to each person its own part and name no other', async () => {
    for (const person of persons) {
      const [receipt] = (await own(person)) as [ReleaseReceipt];
      const report = judge(receipt);
      expect(report).toMatchObject({ verdict: 'verified', kind: 'order', member: receipt.payload });
      expect(JSON.parse(receipt.payload)).toMatchObject({
        order: sale.orderId,
        role: 'person',
        grant: person.grant,
        earned: { amountMinor: '700', currency: 'EUR' },
      });
      const text = JSON.stringify(receipt) + Buffer.from(/^extra (.*)$/m.exec(receipt.file!)![1]!, 'base64').toString();
      for (const other of persons) {
        expect(text).not.toContain(other.personId);
        if (other !== person) expect(text).not.toContain(other.grant);
      }
    }
  });

  it('show a provider what it earned, unless that tells of single patients', async () => {
    const [receipt] = (await own(provider)) as [ReleaseReceipt];
    expect(judge(receipt)).toMatchObject({ verdict: 'verified', member: receipt.payload });
    expect(JSON.parse(receipt.payload)).toMatchObject({ role: 'provider' });
    expect(await own(small)).toEqual([]);
  });

  it('show a buyer the release, and a stranger nothing', async () => {
    const { ledger } = kit.market.consent.identity.logs;
    const stranger = await kit.market.consent.identity.member('patient');
    expect(await own(stranger)).toEqual([]);
    expect(await own(sale.buyer)).toEqual([]);
    const receipts = await ledger.ownReceipts(sale.buyer.actor.partyId, { limit: 20, opened: true });
    const codes = receipts.map(({ opening }) => (JSON.parse(opening?.payload as string) as { code: string }).code);
    for (const code of ['request.submitted', 'order.funded', 'package.released']) expect(codes).toContain(code);
    const [entry] = await own(persons[0]!);
    expect(await ledger.standingOf(entry!.entryId, persons[0]!.actor.partyId)).toBe('foreign');
    expect(await ledger.standingOf(entry!.entryId, sale.buyer.actor.partyId)).toBe('own');
  });

  it('keep, sealed under a key of its own, the pseudonym of each person: withdrawal lists need it', async () => {
    const parts = new Participations(kit.test.custody, kit.test.runtime, kit.erasures);
    const { audit } = kit.market.consent.identity.logs;
    await kit.market.worker(async (tx) => {
      const rows = await tx.query<StoredParticipation>(
        `select p.attempt_id as "attemptId", p.owner_id as "ownerId", p.wrapped, p.epoch, p.sealed
           from extraction.participation p where p.owner_kind = 'person'`,
      );
      const event = { act: 'withdrawal.listed', actorId: null, outcome: 'permitted' } as const;
      const reasons = await audit.recordMany(
        tx,
        rows.map(() => event),
      );
      const opened = await parts.open(tx, rows, reasons);
      const pseudonymise = pseudonymsUnder(
        await kit.saleKeys.open(tx, sale.orderId, 'extraction.released'),
        hmacSha256,
      );
      expect(rows).toHaveLength(persons.length);
      rows.forEach(({ ownerId, sealed }, at) => {
        const pseudonym = pseudonymise('pseudonym/Patient', ownerId);
        expect(opened[at]!.pseudonym).toBe(pseudonym);
        expect(Buffer.from(sealed).includes(pseudonym)).toBe(false);
      });
    });
  });

  it('leave a trace that joins nobody to an order', async () => {
    const { partyId, personId } = persons[1]!.actor;
    await own(persons[1]!);
    const rows = await kit.test.ownerQuery<{ row: string }>(
      `select e::text || coalesce(u::text, '') as row from audit.access_event e
         left join platform.key_unwrap u on u.access_event_id = e.id
        where e.act = 'release.receipt-opened' and e.actor_id = $1 and e.subject_id = $2`,
      [partyId, personId],
    );
    expect(rows.length).toBeGreaterThanOrEqual(1);
    for (const { row } of rows) expect(row).not.toContain(sale.orderId);
  });

  it('are seen by the api under the acting party only', async () => {
    const seenBy = (partyId: string | null) =>
      kit.test.database.transaction('api', async (tx) => {
        if (partyId !== null) await tx.actAs(partyId);
        return tx.query<{ id: string }>('select owner_id as id from extraction.participation');
      });
    expect(await seenBy(null)).toEqual([]);
    expect(await seenBy(sale.buyer.actor.partyId)).toEqual([]);
    expect(await seenBy(persons[2]!.actor.partyId)).toEqual([{ id: persons[2]!.personId }]);
  });

  it('go with an erasure, and a copy that was kept stays proven', async () => {
    const person = persons[3]!;
    const [kept] = (await own(person)) as [ReleaseReceipt];
    const [row] = await kit.test.ownerQuery<{ sealed: Buffer }>(
      'select sealed from extraction.participation where owner_id = $1',
      [person.personId],
    );
    await kit.test.database.transaction('worker', (tx) =>
      kit.erasures.erase(tx, [{ subjectId: person.personId, basis: 'gdpr-17-1-b' }]),
    );
    const left = await kit.test.ownerQuery('select from extraction.participation p where strpos(p::text, $1) > 0', [
      hex.encode(row!.sealed),
    ]);
    expect(left).toEqual([]);
    expect(await own(person)).toEqual([]);
    expect(judge(kept)).toMatchObject({ verdict: 'verified', member: kept.payload });
    expect(await own(persons[4]!)).toHaveLength(1);
  });
});
