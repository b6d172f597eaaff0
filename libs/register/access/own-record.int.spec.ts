import type { Member } from '@aceso/identity/testing';
import type { SeenResource } from '../domain';
import { placeOf } from '../domain';
import { AccessKit } from '../testing';

let kit: AccessKit;
let patient: Member;
let other: Member;

const subject = { reference: 'Patient/p1' };
const observation = (id: string, day: string | null, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  subject,
  code: { coding: [{ system: 'http://loinc.org', code: '2339-0' }], text: '=glucose' },
  ...(day && { effectiveDateTime: `${day}T10:00:00Z` }),
  ...more,
});

beforeAll(async () => {
  kit = await AccessKit.open();
  const { identity } = kit.consent;
  patient = await identity.member('patient');
  other = await identity.member('patient');
  const [clinic, hospital] = [await identity.member('provider'), await identity.member('provider')];
  await kit.bindRecord(patient, clinic, 'p1', [
    { resourceType: 'Patient', id: 'p1' },
    observation('old', '1980-01-01'),
    observation('wrong', '2001-01-01', { status: 'entered-in-error' }),
    observation('changed', '2010-01-01'),
    observation('undated', null),
  ]);
  await kit.register.ingest(clinic.actor.partyId, Buffer.from(JSON.stringify(observation('changed', '2012-01-01'))));
  await kit.bindRecord(patient, hospital, 'p1', [
    { resourceType: 'Patient', id: 'p1' },
    observation('new', '2020-01-01'),
    { resourceType: 'Condition', id: 'c', subject, onsetDateTime: '2015-03-01' },
  ]);
  await kit.bindRecord(other, hospital, 'p2', [{ resourceType: 'Patient', id: 'p2' }]);
});
afterAll(() => kit.close());

const idOf = ({ resource, category }: SeenResource): string => `${category.day ?? '-'} ${resource.id}`;

it('shows a patient all its providers hold, newest first, a page at a time', async () => {
  const shown: SeenResource[] = [];
  for (let more = true; more;) {
    const last = shown.at(-1);
    const page = await kit.own.timeline(patient.actor, { limit: 2, after: last ? placeOf(last) : null, filter: {} });
    shown.push(...page.rows);
    more = page.hasMore;
  }
  expect(shown.map(idOf).slice(0, 4)).toEqual([
    '2020-01-01 new',
    '2015-03-01 c',
    '2012-01-01 changed',
    '1980-01-01 old',
  ]);
  expect(shown.slice(4).map(idOf).sort()).toEqual(['- p1', '- p1', '- undated']);
});

it('filters', async () => {
  const page = await kit.own.timeline(patient.actor, {
    limit: 10,
    after: null,
    filter: { types: ['Observation'], codes: ['http://loinc.org|2339-0'], from: '1980-01-01', to: '2012-01-01' },
  });
  expect(page.rows.map(idOf)).toEqual(['2012-01-01 changed', '1980-01-01 old']);
});

async function exported(format: 'fhir' | 'csv', of = patient): Promise<string> {
  let text = '';
  for await (const chunk of await kit.own.export(of.actor, format)) text += chunk;
  return text;
}

it('exports everything as a Bundle and as a table, and nothing of others', async () => {
  const bundle = JSON.parse(await exported('fhir')) as { entry: { resource: { id: string } }[] };
  expect(bundle.entry.map(({ resource }) => resource.id).sort()).toEqual([
    'c',
    'changed',
    'new',
    'old',
    'p1',
    'p1',
    'undated',
  ]);
  const table = await exported('csv');
  expect(table).toContain("'=glucose");
  expect(table.trimEnd().split('\r\n')).toHaveLength(8);
  expect(JSON.parse(await exported('fhir', other))).toMatchObject({ entry: [{ resource: { id: 'p2' } }] });
});

it('leaves an event that has committed before the first byte, and says whose look it was', async () => {
  const events = await kit.consent.identity.test.ownerQuery<object>(
    `select act, purpose, basis, actor_id from audit.access_event where subject_id = $1 and act = 'record.exported'`,
    [other.actor.personId],
  );
  expect(events).toEqual([{ act: 'record.exported', purpose: 'export', basis: 'self', actor_id: other.actor.partyId }]);
  // An export that is asked for and never read leaves one as well.
  const stream = await kit.own.export(other.actor, 'csv');
  const [{ count }] = (await kit.consent.identity.test.ownerQuery<{ count: string }>(
    `select count(*) from audit.access_event where subject_id = $1 and act = 'record.exported'`,
    [other.actor.personId],
  )) as [{ count: string }];
  expect(count).toBe('2');
  await stream.return(undefined);
});

describe('the database', () => {
  it('gives role api no segment that the acting party has not opened, nor for longer than an hour', async () => {
    const { test } = kit.consent.identity;
    const [{ id }] = (await test.ownerQuery<{ id: string }>(
      'select source_record_id as id from identity.binding where person_id = $1 limit 1',
      [patient.actor.personId],
    )) as [{ id: string }];
    const seen = (member: Member) =>
      kit.consent.api(async (tx) => {
        await tx.actAs(member.actor.partyId);
        return (await tx.query('select from register.opened_segments($1, 0, 100, 1000000)', [id])).length;
      });
    expect(await seen(other)).toBe(0);
    expect(await seen(patient)).toBeGreaterThan(0);
    await expect(test.database.query('api', 'select from register.segment')).rejects.toThrow(/permission denied/);
    await test.ownerQuery('alter table register.record_opening disable trigger user');
    await test.ownerQuery(`update register.record_opening set opened_at = opened_at - interval '61 minutes'`);
    await test.ownerQuery('alter table register.record_opening enable trigger user');
    expect(await seen(patient)).toBe(0);
  });

  it('lets nobody open what is bound to somebody else, and nothing in the transaction of the event', async () => {
    const { test, logs } = kit.consent.identity;
    const [{ id }] = (await test.ownerQuery<{ id: string }>(
      'select source_record_id as id from identity.binding where person_id = $1 limit 1',
      [patient.actor.personId],
    )) as [{ id: string }];
    const opening = (member: Member, personId = member.actor.personId) =>
      kit.consent.api(async (tx) => {
        await tx.actAs(member.actor.partyId);
        const event = await logs.audit.record(tx, {
          act: 'record.opened',
          actorId: member.actor.partyId,
          subjectId: personId!,
          outcome: 'permitted',
        });
        await tx.execute(
          'insert into register.record_opening (access_event_id, source_record_id, actor_id) values ($1, $2, $3)',
          [event, id, member.actor.partyId],
        );
        return (await tx.query('select from register.opened_segments($1, 0, 100, 1000000)', [id])).length;
      });
    await expect(opening(other)).rejects.toMatchObject({ constraint: 'record_opening_bound' });
    await expect(opening(other, patient.actor.personId)).rejects.toMatchObject({ constraint: 'record_opening_bound' });
    expect(await opening(patient)).toBe(0);
    // A process that calls itself a physician of nobody, or an officer without a disclosure.
    for (const role of ['physician', 'officer'] as const) {
      const somebody = await kit.consent.identity.member(role);
      await expect(opening(somebody, patient.actor.personId)).rejects.toMatchObject({
        constraint: 'record_opening_office',
      });
    }
  });
});
