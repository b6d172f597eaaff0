import { utf8, type SourceRecordId } from '@aceso/kernel';
import { openIdentityKit, type Member } from '@aceso/identity/testing';
import { judgeReceipt, parseTrustPolicy, withExtra } from '@aceso/ledger/domain';
import type { Receipt } from '@aceso/ledger';
import { createSequencer, publishAll } from '@aceso/ledger/testing';
import { sha256, verifyEd25519 } from '@aceso/platform';
import { ConsentKit } from './testing';

/** What a patient can hold against an instance that drops a statement. */
let kit: ConsentKit;
let amina: Member & { record: SourceRecordId };

beforeAll(async () => {
  kit = new ConsentKit(await openIdentityKit());
  amina = await kit.boundPatient(await kit.identity.member('provider'));
});
afterAll(() => kit.identity.test.close());

const publish = (): Promise<void> => publishAll(createSequencer(kit.identity.test));
const head = () => kit.identity.heads.of(amina.actor.partyId);

/** What the receipt says, verified as its holder would. */
function saidBy({ proof, entry, opening }: Receipt): { statement: string; sequence: number } {
  const policy = parseTrustPolicy(`log ${kit.identity.logs.ledger.verifierKey()}\nquorum none\n`, sha256);
  const receipt = utf8(withExtra(proof, { entry, ...(opening && { opening }) }));
  const report = judgeReceipt({ receipt, policy }, { sha256, verifyEd25519 });
  expect(report).toMatchObject({ verdict: 'verified', kind: 'person' });
  return (JSON.parse(report.payload as string) as { detail: { statement: string; sequence: number } }).detail;
}

describe('the receipt of the newest statement', () => {
  it('does not exist before the first statement', async () => {
    const fresh = await kit.identity.member('patient');
    expect(await kit.identity.heads.of(fresh.actor.partyId)).toBeNull();
  });

  it('commits to number and digest of each act in turn, once it is public', async () => {
    const { client } = amina;
    await publish();
    const acts = [
      () => kit.setTerms(amina, 'permit'),
      () => kit.grant(amina, kit.target([amina.record])),
      () => kit.revoke(amina, client.previous as string),
    ];
    for (const act of acts) {
      await act();
      expect(await head()).toMatchObject({ sequence: client.sequence, digest: client.previous, receipt: null });
      await publish();
      const { sequence, digest, receipt } = (await head())!;
      expect({ sequence, digest }).toEqual({ sequence: client.sequence, digest: client.previous });
      expect(saidBy(receipt as Receipt)).toMatchObject({ statement: digest, sequence });
    }
  });

  it('shows that a statement was dropped: the chain stood further once', async () => {
    const held = saidBy((await head())?.receipt as Receipt);
    const { ownerQuery } = kit.identity.test;
    await ownerQuery('alter table identity.statement_chain disable trigger user');
    await ownerQuery(
      `update identity.statement_chain c set sequence = s.sequence, digest = s.digest
         from identity.statement s where s.party_id = c.party_id and s.sequence = c.sequence - 1 and c.party_id = $1`,
      [amina.actor.partyId],
    );
    const shown = (await head())!;
    expect(shown.sequence).toBe(held.sequence - 1);
    expect(saidBy(shown.receipt as Receipt)).not.toEqual(held);
  });

  it('is for the patient alone', async () => {
    const other = await kit.identity.member('patient');
    const rows = await kit.api(async (tx) => {
      await tx.actAs(other.actor.partyId);
      return tx.query('select from identity.statement_event');
    });
    expect(rows).toEqual([]);
  });
});
