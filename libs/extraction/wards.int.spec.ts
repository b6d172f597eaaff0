import { alternative } from '@aceso/consent/testing';
import { GUARDIAN_END } from '@aceso/identity/domain';
import type { Member } from '@aceso/identity/testing';
import { sha256 } from '@aceso/platform';
import { splitRuleHash } from '@aceso/settlement/domain';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';
import { samplePerson } from './testing/sample-person';

jest.setTimeout(300_000);

const WARDS = 22;
const terms = { alternatives: [alternative({ safeguards: [] })], splitRule: splitRuleHash(sha256) };

/** A child, and whoever acts for it. */
interface Ward {
  readonly child: Contributor;
  readonly guarded: Contributor;
  readonly appointment: string;
}

let kit: ExtractionKit;
let clinic: Member;
let mother: Member;
let father: Member;
let wards: Ward[];
let delivered: { readonly sale: FundedSale; readonly inIt: readonly Ward[] };

beforeAll(async () => {
  kit = await openExtractionKit();
  const { identity } = kit.market.consent;
  clinic = await identity.member('provider');
  [mother, father] = [await identity.member('patient'), await identity.member('patient')];
  wards = [];
  // The first is nobody's ward for research, the second has no guardian: their own keys permit discovery.
  for (let n = 0; n < WARDS; n += 1) wards.push(await ward(n, n === 0 ? 'read' : 'research'));
}, 300_000);
afterAll(() => kit.test.close());

async function ward(n: number, scope: 'read' | 'research'): Promise<Ward> {
  const { consent } = kit.market;
  const sent = { patientId: `patient-${n}`, lines: samplePerson(n, { birthYear: new Date().getUTCFullYear() - 12 }) };
  const child = await kit.contributor(clinic, sent);
  const parties = { guardian: mother, ward: child, sourceRecord: child.record };
  const appointment = n === 1 ? '' : await consent.identity.appointGuardian(clinic, parties, { kind: 'parent', scope });
  const acting = consent.identity.actFor(mother, child, appointment);
  if (n > 1) await consent.setTerms(acting, 'permit');
  return { child, appointment, guarded: { ...child, ...acting, grant: null } };
}

/** What the records say from now on. */
const becomes = ({ child }: Ward, change: string) =>
  kit.test.ownerQuery(
    `update facts.person set ${change}
      where index_no = (select index_no from register.person_index where person_id = $1)`,
    [child.personId],
  );

const released = async ({ orderId }: FundedSale): Promise<string[]> =>
  (
    await kit.test.ownerQuery<{ person: string }>(
      `select m.person_id as person from extraction.member m
         join extraction.package p on p.attempt_id = m.attempt_id and p.state in ('released', 'ready')
        where p.order_id = $1 and m.state = 'released' order by 1`,
      [orderId],
    )
  ).map(({ person }) => person);
const earners = async ({ orderId }: FundedSale): Promise<string[]> =>
  (
    await kit.test.ownerQuery<{ person: string }>(
      `select a.owner_id as person from settlement.posting p join settlement.account a on a.id = p.account_id
         join settlement.transfer t on t.id = p.transfer_id
        where a.kind = 'patient' and t.order_id = $1 order by 1`,
      [orderId],
    )
  ).map(({ person }) => person);
const ids = (of: readonly Ward[]): string[] => of.map(({ child }) => child.personId as string).sort();

it('asks, counts, releases and pays wards whose guardian says so, and nobody else of them', async () => {
  const { market } = kit;
  const { identity } = market.consent;
  const buyer = await market.buyer({ amountMinor: 10_000_000n, currency: 'EUR' });
  const all = { version: 1, all: [] } as never;
  expect(await market.cohorts.persons(buyer.actor, all, kit.test.runtime.recordDate())).toBe(WARDS - 2);
  const [, , alone, torn, ...agreed] = wards as [Ward, Ward, Ward, Ward, ...Ward[]];
  const parties = { guardian: father, ward: torn.child, sourceRecord: torn.child.record };
  const appointment = await identity.appointGuardian(clinic, parties, { kind: 'parent', scope: 'research' });
  // The child's own word counts for nothing, and two parents who disagree are no yes.
  alone.child.client.continueFrom(alone.guarded.client);
  const granting = [alone.child, ...agreed.map(({ guarded }) => guarded)];
  const sale = await kit.sale(granting, {}, buyer, async (sent) => {
    await market.decline(identity.actFor(father, torn.child, appointment), sent);
    await expect(kit.grant(torn.guarded, sent.requestId)).rejects.toMatchObject({ code: 'GUARDIANS_DISAGREE' });
    const asked = await kit.test.ownerQuery<{ person: string }>(
      'select person_id as person from marketplace.ask where request_id = $1 order by 1',
      [sent.requestId],
    );
    expect(asked.map(({ person }) => person)).toEqual(ids(wards.slice(2)));
  });
  await kit.run(sale.orderId);
  expect(await released(sale)).toEqual(ids(agreed));
  expect(await earners(sale)).toEqual(ids(agreed));
  const seen = await kit.test.ownerQuery<object>(
    `select actor_id, basis, act from audit.access_event where subject_id = $1 and act = 'consent.answered'`,
    [agreed[0]!.child.personId],
  );
  expect(seen).toEqual([{ actor_id: mother.actor.partyId, basis: 'guardian', act: 'consent.answered' }]);
});

it('lets go of who lost its guardian, came of age or died before the release, and before the first fetch', async () => {
  const { market } = kit;
  const [adult, ended, older, dead, lapsed, fetched, ...rest] = wards.slice(4) as [
    Ward,
    Ward,
    Ward,
    Ward,
    Ward,
    Ward,
    ...Ward[],
  ];
  const answering = [adult, ...rest.slice(0, 3)];
  for (const { guarded } of answering) await market.consent.setStandingTerms(guarded, terms);
  // Of age by the earliest birth, and surely: what its mother set answers nothing, what it says itself counts.
  await becomes(adult, "birth_month = '1990-01'");
  adult.child.client.continueFrom(adult.guarded.client);
  await market.consent.setTerms(adult.child, 'permit');
  const granting = [ended, older, dead, lapsed, fetched, ...rest.slice(3)].map(({ guarded }) => guarded);
  const sale = await kit.sale(granting);
  const attempt = await kit.emit(sale.orderId);
  await end(ended);
  await becomes(older, `birth_month = to_char(current_date - interval '18 years', 'YYYY-MM')`);
  await becomes(dead, 'deceased = true');
  await lapse(lapsed);
  await kit.releases.release(sale.orderId, attempt!);
  await kit.run(sale.orderId);
  expect(await released(sale)).toEqual(ids([fetched, ...rest]));

  await kit.deliver(sale.orderId);
  await becomes(fetched, `birth_month = to_char(current_date - interval '18 years', 'YYYY')`);
  await expect(kit.fetch(sale)).rejects.toMatchObject({ code: 'PACKAGE_RENEWING' });
  await kit.run(sale.orderId);
  await kit.deliver(sale.orderId);
  expect(await released(sale)).toEqual(ids(rest));
  expect(await earners(sale)).toEqual(ids([fetched, ...rest]));
  expect(await kit.fetch(sale)).toContain('package.age');
  delivered = { sale, inIt: rest };
});

describe('whose guardian loses its authority after the package was fetched', () => {
  const DAY = 86_400_000;
  const listed = async (): Promise<string[]> =>
    (
      await kit.test.ownerQuery<{ person: string }>(
        'select person_id as person from extraction.member where withdrawal_list_id is not null order by 1',
      )
    ).map(({ person }) => person);
  const round = async (number: number): Promise<void> => {
    const now = jest.spyOn(kit.test.runtime, 'now').mockReturnValue(Date.now() + number * 7 * DAY);
    await kit.withdrawals.rounds.run();
    now.mockRestore();
  };
  const stateOf = async ({ child }: Ward) =>
    (await kit.departures(child)).find(({ orderId }) => orderId === delivered.sale.orderId)?.state;

  it('is on the next list, however it ended, and sees so; the dead and those of an unknown birth are not', async () => {
    const [older, ended, lapsed, asked, again, dead, unknown, kept] = delivered.inIt as [
      ...[Ward, Ward, Ward, Ward, Ward, Ward, Ward],
      Ward,
    ];
    await becomes(older, `birth_month = to_char(current_date - interval '18 years', 'YYYY-MM')`);
    await end(ended);
    await lapse(lapsed);
    await lapse(asked);
    await becomes(dead, 'deceased = true');
    await end(dead);
    await becomes(unknown, 'birth_month = null');
    await round(1);
    expect(await listed()).toEqual([]); // too few to hide each other
    expect(await stateOf(older)).toBe('waiting');
    expect(await stateOf(dead)).toBe('with-buyer');
    await becomes(again, "birth_month = '1990'");
    await round(2);
    expect(await listed()).toEqual(ids([older, ended, lapsed, asked, again]));
    for (const ward of [dead, unknown, kept]) expect(await stateOf(ward)).toBe('with-buyer');
  });
});

async function end({ appointment }: Ward): Promise<void> {
  const { guardians } = kit.market.consent.identity;
  const text = mother.client.sign(GUARDIAN_END, { appointment });
  await kit.market.api((tx) => guardians.end(tx, mother.actor, text));
}

/** As if the appointment had ended by its date: nothing but the time says so. */
async function lapse({ appointment }: Ward): Promise<void> {
  await kit.test.ownerQuery('alter table identity.guardian_appointment disable trigger user');
  await kit.test.ownerQuery(
    `update identity.guardian_appointment set appointed_at = now() - interval '2 days', until = now() - interval '1 second'
      where statement_digest = decode($1, 'hex')`,
    [appointment],
  );
  await kit.test.ownerQuery('alter table identity.guardian_appointment enable trigger user');
}
