import { openCounts } from '@aceso/cohort/testing';
import type { Member } from '@aceso/identity/testing';
import { IdempotencyService } from '@aceso/platform';
import { openMarketplaceKit, requestInput, type Askable, type MarketplaceKit } from './testing';

/** Columns that say whose a row is. */
const OWNERS = ['party_id', 'person_id', 'owner_id', 'actor_id', 'buyer_id', 'subject_id', 'provider_id'];

/**
 * Tables that role api reads whole, though their rows belong to somebody: what is needed to find out whose a key, a person or
 * a source record is, before anybody acts; keys that are wrapped; ids of what was erased; numbers that name nobody.
 */
const READ_WHOLE = [
  'identity.attestation',
  'identity.binding',
  'identity.erased_party',
  'identity.party_key',
  'identity.patient',
  'identity.patient_gate',
  'identity.research_center',
  'ledger.erased_subject',
  'ledger.subject_key',
  'register.held_key',
  'register.person_index',
  'register.repeated_person',
  'register.source_record',
];

describe('rows that belong to somebody', () => {
  let kit: MarketplaceKit;
  let buyer: Member;
  let otherBuyer: Member;
  let officer: Member;
  let patient: Askable;
  let stranger: Askable;
  beforeAll(async () => {
    kit = await openMarketplaceKit();
    const provider = await kit.consent.identity.member('provider');
    officer = await kit.consent.identity.member('officer');
    patient = await kit.patient(provider);
    buyer = await kit.buyer({ amountMinor: 100_000n, currency: 'EUR' });
    otherBuyer = await kit.buyer({ amountMinor: 100_000n, currency: 'EUR' });
    const sent = await kit.asking(buyer, officer);
    await kit.grant(patient, sent);
    await kit.fund(buyer, sent);
    await openCounts(kit.test).count(buyer.actor, requestInput().criteria as never);
    for (const { actor } of [patient, buyer]) {
      const call = { actorId: actor.partyId, operation: 'request.answer', key: 'k', request: {} };
      await kit.api((tx) => new IdempotencyService().run(tx, call, async () => 'declined'));
    }
    stranger = await kit.patient(provider);
  }, 120_000);
  afterAll(() => kit.test.close());

  it('stand in tables that force row-level security, or in the list above', async () => {
    const open = await kit.test.ownerQuery<{ name: string }>(
      `select distinct format('%s.%s', n.nspname, c.relname) as name
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attname = any ($1) and not a.attisdropped
        where c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity)
          and has_schema_privilege('aceso_api', n.oid, 'usage')
          and has_any_column_privilege('aceso_api', c.oid, 'select, update')
        order by name`,
      [OWNERS],
    );
    expect(open.map(({ name }) => name)).toEqual(READ_WHOLE);
  });

  const rows = async (table: string, actor?: Member) =>
    kit.api(async (tx) => {
      if (actor) await tx.actAs(actor.actor.partyId);
      return (await tx.query(`select 1 from ${table}`)).length;
    });

  it.each(['platform.idempotency', 'identity.statement_chain', 'consent.discovery_terms'])(
    'are a patient’s own in %s',
    async (table) => {
      expect(await rows(table, patient)).toBe(1);
      expect(await rows(table)).toBe(0);
    },
  );

  it.each([
    'cohort.cohort',
    'cohort.query',
    'platform.idempotency',
    'marketplace.request',
    'marketplace.request_version',
    'marketplace.decision',
    'marketplace.shown_sums',
    'marketplace."order"',
  ])('are a buyer’s own in %s', async (table) => {
    expect([await rows(table, buyer), await rows(table, otherBuyer), await rows(table)]).toEqual([1, 0, 0]);
  });

  it('show a request to officers and to whoever was asked, an order to officers', async () => {
    const seen = (table: string) => Promise.all([officer, patient, stranger].map((actor) => rows(table, actor)));
    expect(await seen('marketplace.request')).toEqual([1, 1, 0]);
    expect(await seen('marketplace.request_version')).toEqual([1, 1, 0]);
    expect(await seen('marketplace."order"')).toEqual([1, 0, 0]);
  });

  const change = (actor: Member, sql: string, params: readonly unknown[] = []) =>
    kit.api(async (tx) => {
      await tx.actAs(actor.actor.partyId);
      return tx.execute(sql, params);
    });

  it('are changed by their owner only', async () => {
    const terms = `update consent.discovery_terms set discovery = 'permit', expires_at = now() + interval '9 years'`;
    expect(await change(patient, terms)).toBe(1);
    expect(await change(buyer, terms)).toBe(0);
    expect(await change(stranger, `${terms} where person_id = $1`, [patient.actor.personId])).toBe(0);
    const moved = `update marketplace.request set state = 'cancelled'`;
    await expect(change(patient, moved)).rejects.toThrow('row-level security');
    await expect(change(otherBuyer, moved)).rejects.toThrow('row-level security');
    expect(await change(otherBuyer, `${moved} where buyer_id = $1`, [buyer.actor.partyId])).toBe(0);
  });

  it('are an order’s state too: its buyer cancels, and no more', async () => {
    const end = (reason: string) => `update marketplace."order" set state = 'refunded', reason = '${reason}'`;
    expect(await change(otherBuyer, end('CANCELLED_BY_BUYER'))).toBe(0);
    await expect(change(buyer, end('GATE_MOVED'))).rejects.toThrow('row-level security');
    await expect(change(buyer, `update marketplace."order" set state = 'extracting'`)).rejects.toThrow(
      'row-level security',
    );
    await expect(change(officer, end('CANCELLED_BY_BUYER'))).resolves.toBe(0);
  });
});
