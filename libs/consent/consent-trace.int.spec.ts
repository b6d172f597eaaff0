import type { SourceRecordId } from '@aceso/kernel';
import { openIdentityKit, type Member } from '@aceso/identity/testing';
import type { GrantTarget } from './domain';
import { ConsentKit } from './testing';

/** What acts of consent leave behind, and who sees it. */
let kit: ConsentKit;
let amina: Member & { record: SourceRecordId };
let target: GrantTarget;

beforeAll(async () => {
  kit = new ConsentKit(await openIdentityKit());
});
afterAll(() => kit.identity.test.close());
beforeEach(async () => {
  amina = await kit.boundPatient(await kit.identity.member('provider'));
  target = kit.target([amina.record]);
});
afterEach(() => {
  kit.identity.aheadMs = 0;
});

describe('every act of consent', () => {
  it('leaves an access event and a ledger entry, whose row names neither request nor act', async () => {
    await kit.setTerms(amina, 'permit');
    const digest = await kit.grant(amina, target);
    await kit.revoke(amina, digest);
    await kit.decline(amina, target);
    const { ownerQuery } = kit.identity.test;
    const events = await ownerQuery<{ act: string; row: string; ledger_entry_id: string }>(
      `select act, event::text as row, ledger_entry_id from audit.access_event event where subject_id = $1 order by seq`,
      [amina.actor.personId],
    );
    expect(events.map(({ act }) => act)).toEqual([
      'party.registered',
      'source-record.bound',
      'consent.terms-set',
      'consent.answered',
      'consent.revoked',
      'consent.answered',
    ]);
    expect(events.some(({ row }) => row.includes(target.requestId) || row.includes(digest))).toBe(false);
    const entries = await ownerQuery<{ row: string }>(
      'select entry::text as row from ledger.pending entry where id = any ($1::uuid[])',
      [events.map(({ ledger_entry_id }) => ledger_entry_id)],
    );
    expect(entries).toHaveLength(events.length);
    expect(
      entries.some(({ row }) => /consent|granted|declined|revoked/.test(row) || row.includes(target.requestId)),
    ).toBe(false);
  });
});

describe('what was agreed to', () => {
  it('is listed for the patient alone, newest first', async () => {
    const first = await kit.grant(amina, target);
    await kit.revoke(amina, first);
    kit.identity.aheadMs = 1000;
    const second = await kit.grant(amina, target);
    const own = await kit.ownGrants(amina, { limit: 10, after: null });
    expect(own.map(({ digest, revokedAt }) => [digest, revokedAt !== null])).toEqual([
      [second, false],
      [first, true],
    ]);
    const rest = await kit.ownGrants(amina, { limit: 10, after: second });
    expect(rest.map(({ digest }) => digest)).toEqual([first]);
  });

  it('is hidden from other patients and from other roles, and can be changed by nobody', async () => {
    await kit.grant(amina, target);
    const stranger = await kit.identity.member('patient');
    const seen = await kit.api(async (tx) => {
      await tx.actAs(stranger.actor.partyId);
      return tx.query('select from consent.grant');
    });
    expect(seen).toEqual([]);
    const { database, ownerQuery } = kit.identity.test;
    for (const role of ['index', 'vault', 'sequencer'] as const) {
      await expect(database.query(role, 'select from consent.grant')).rejects.toThrow(/permission denied/);
    }
    await expect(database.query('worker', 'select from consent.refusal')).rejects.toThrow(/permission denied/);
    for (const table of ['grant', 'revocation', 'refusal']) {
      await expect(ownerQuery(`truncate consent.${table} cascade`)).rejects.toThrow(/append-only/);
    }
    await expect(ownerQuery('delete from consent.grant')).rejects.toThrow(/append-only/);
    await expect(kit.api((tx) => kit.consent.validGrants(tx, { ...target, at: 0 }))).rejects.toThrow(/worker only/);
  });
});
