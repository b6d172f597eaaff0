import type { PermissionRule } from '@aceso/consent/domain';
import type { Member } from '@aceso/identity/testing';
import type { SourceRecordId } from '@aceso/kernel';
import { cursorOf } from '../api/record.type';
import { AccessKit } from '../testing';
import type { PatientHandle } from './patient-handle';

let kit: AccessKit;
let clinic: Member;
let hospital: Member;
let physician: Member;
let stranger: Member;
let patient: Member;
let record: SourceRecordId;

const subject = { reference: 'Patient/p1' };
const rule = (changes: Partial<PermissionRule> = {}): PermissionRule => ({
  subject: { class: 'physicians' },
  category: {},
  level: 'read',
  purpose: 'treatment',
  ...changes,
});
const hiv = { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'B20' }] };
const RESOURCES = [
  { resourceType: 'Patient', id: 'p1' },
  { resourceType: 'Condition', id: 'asthma', subject, onsetDateTime: '2001-01-01' },
  { resourceType: 'Condition', id: 'hiv', subject, onsetDateTime: '2002-01-01', code: hiv },
];

beforeAll(async () => {
  kit = await AccessKit.open();
  const { identity } = kit.consent;
  [clinic, hospital] = [await identity.member('provider'), await identity.member('provider')];
  [physician, stranger] = [await identity.member('physician'), await identity.member('physician')];
  await identity.attestMembership(clinic, physician, true);
  await identity.attestMembership(hospital, stranger, true);
  patient = await identity.member('patient');
  record = await kit.bindRecord(patient, clinic, 'p1', RESOURCES);
});
afterAll(() => kit.close());

const read = async (who: Member, handle: PatientHandle, filter = {}): Promise<string[]> => {
  const page = await kit.physicians.read(who.actor, handle, { limit: 10, after: null, filter });
  return page.rows.map(({ resource }) => resource.id);
};
const code = async (reading: Promise<unknown>): Promise<string | undefined> =>
  reading.then(
    () => undefined,
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
const told = (): Promise<{ [column: string]: unknown }[]> =>
  kit.consent.identity.test.ownerQuery(
    `select act, outcome, reason, purpose, basis, rule, actor_id, provider_id from audit.access_event
      where subject_id = $1 and actor_id <> $2 order by seq desc limit 1`,
    [patient.actor.personId, patient.actor.partyId],
  );

it('reads what the rules permit, without what they deny', async () => {
  await kit.consent.setRules(patient, [rule(), rule({ category: { labels: ['HIV'] }, level: 'none' })]);
  expect(await read(physician, { sourceRecordId: record })).toEqual(['asthma', 'p1']);
  expect(await told()).toEqual([
    {
      act: 'record.opened',
      outcome: 'permitted',
      reason: null,
      purpose: 'treatment',
      basis: 'rule',
      rule: 1,
      actor_id: physician.actor.partyId,
      provider_id: clinic.actor.partyId,
    },
  ]);
  expect(await read(stranger, { patientId: patient.actor.partyId })).toEqual(['asthma', 'p1']);
});

it('leaves no mark of what is kept back: no reference, no Provenance, no gap in the places', async () => {
  const { identity } = kit.consent;
  const careful = await identity.member('patient');
  const who = { reference: 'Patient/p9' };
  const shown = { resourceType: 'Condition', id: 'asthma', subject: who, onsetDateTime: '2001-01-01' };
  const secret = { ...shown, id: 'secret', code: hiv };
  const report = (...result: object[]) => ({ resourceType: 'DiagnosticReport', id: 'r', subject: who, result });
  const provenance = { resourceType: 'Provenance', id: 'v', target: [{ reference: 'Condition/secret' }, who] };
  const names = { reference: 'Condition/secret', display: 'HIV disease' };
  const handle = { patientId: careful.actor.partyId };
  const rules = [rule(), rule({ category: { labels: ['HIV'] }, level: 'none' })];
  await kit.bindRecord(careful, clinic, 'p9', [
    { resourceType: 'Patient', id: 'p9' },
    secret,
    shown,
    report({ reference: 'Condition/asthma' }, names),
    provenance,
  ]);
  await kit.consent.setRules(careful, [rule(), rule({ level: 'write', subject: { party: physician.actor.partyId } })]);
  const [written] = await identity.test.ownerQuery<{ id: SourceRecordId }>(
    'select source_record_id as id from identity.binding where person_id = $1',
    [careful.actor.personId],
  );
  await kit.writes.write(physician.actor, written!.id, [JSON.stringify({ ...secret, id: 'secret-2' })]);
  await kit.consent.setRules(careful, rules);
  const { rows } = await kit.physicians.read(physician.actor, handle, { limit: 10, after: null, filter: {} });
  expect(rows.map(({ resource }) => resource)).toEqual([
    expect.objectContaining({ id: 'asthma' }),
    { ...report({ reference: 'Condition/asthma' }) },
    expect.objectContaining({ id: 'p9' }),
    expect.objectContaining({ id: 'v', target: [who] }),
  ]);
  expect(JSON.stringify(rows)).not.toMatch(/secret|HIV/);
  expect(rows.flatMap((row) => cursorOf(row))).toEqual([
    ...['2001-01-01', written!.id, 'Condition/asthma'],
    ...['', written!.id, 'DiagnosticReport/r'],
    ...['', written!.id, 'Patient/p9'],
    ...['', written!.id, 'Provenance/v'],
  ]);
});

it('reads a part that is permitted where the rest is not', async () => {
  await kit.consent.setRules(patient, [rule({ category: { types: ['Patient'] } })]);
  expect(await read(physician, { sourceRecordId: record })).toEqual(['p1']);
});

it('tells a physician one thing, whatever the reason, and the patient all of it', async () => {
  const { identity } = kit.consent;
  const unbound = await identity.member('patient');
  const answers: (string | undefined)[] = [];
  await kit.consent.setRules(patient, []);
  answers.push(await code(read(physician, { sourceRecordId: record })));
  expect(await told()).toEqual([
    expect.objectContaining({ outcome: 'refused', reason: 'RULE_MISSING', basis: 'unruled', rule: null }),
  ]);
  await kit.consent.setRules(patient, [rule({ level: 'none' })]);
  answers.push(await code(read(physician, { sourceRecordId: record })));
  expect(await told()).toEqual([
    expect.objectContaining({
      act: 'record.opened',
      outcome: 'refused',
      reason: 'RULE_DENIES',
      rule: 1,
      purpose: 'treatment',
    }),
  ]);
  await kit.consent.setRules(patient, [rule()]);
  answers.push(await code(read(stranger, { sourceRecordId: record })));
  answers.push(
    await code(read(physician, { sourceRecordId: '00000000-0000-4000-8000-000000000000' as SourceRecordId })),
  );
  answers.push(await code(read(physician, { patientId: unbound.actor.partyId })));
  answers.push(await code(read(physician, { patientId: physician.actor.partyId })));
  answers.push(await code(read(physician, { sourceRecordId: record }, { types: ['Immunization'] })));
  const outsider = await identity.member('physician');
  answers.push(await code(read(outsider, { patientId: patient.actor.partyId })));
  answers.push(await code(read(physician, { patientId: patient.actor.partyId, actingFor: hospital.actor.partyId })));
  expect([...new Set(answers)]).toEqual(['NO_DATA']);
});

it('says for which provider it acts where it could be several', async () => {
  const { identity } = kit.consent;
  const both = await identity.member('physician');
  for (const provider of [clinic, hospital]) await identity.attestMembership(provider, both, true);
  await kit.consent.setRules(patient, [rule()]);
  const patientId = patient.actor.partyId;
  expect(await code(read(both, { patientId }))).toBe('ACTING_PROVIDER_REQUIRED');
  expect(await read(both, { patientId, actingFor: hospital.actor.partyId })).toHaveLength(3);
});

it('ends with its membership', async () => {
  const { identity } = kit.consent;
  const leaving = await identity.member('physician');
  await identity.attestMembership(clinic, leaving, true);
  await kit.consent.setRules(patient, [rule()]);
  expect(await read(leaving, { sourceRecordId: record })).toHaveLength(3);
  await identity.attestMembership(clinic, leaving, false);
  expect(await code(read(leaving, { sourceRecordId: record }))).toBe('NO_DATA');
});

describe('writing', () => {
  const note = (id: string, more: object = {}) =>
    JSON.stringify({ resourceType: 'Observation', id, status: 'final', code: { text: 'note' }, subject, ...more });
  const write = (who: Member, ...texts: string[]) => kit.writes.write(who.actor, record, texts);

  it('adds a sealed segment that says who wrote it, when and under which rule', async () => {
    await kit.consent.setRules(patient, [
      rule({ level: 'none' }),
      rule({ subject: { party: physician.actor.partyId }, level: 'write' }),
    ]);
    expect(await write(physician, note('n1'), note('n2'))).toEqual({ written: 2 });
    expect((await read(physician, { sourceRecordId: record })).sort()).toEqual(
      expect.arrayContaining(['asthma', 'hiv', 'n1', 'n2', 'p1']),
    );
    const page = await kit.own.timeline(patient.actor, { limit: 10, after: null, filter: { types: ['Provenance'] } });
    expect(page.rows.map(({ resource }) => resource)).toEqual([
      expect.objectContaining({
        target: [{ reference: 'Observation/n1' }, { reference: 'Observation/n2' }],
        policy: ['urn:aceso:permission-rule:2'],
        agent: [
          {
            who: { identifier: { system: 'urn:aceso:party', value: physician.actor.partyId } },
            onBehalfOf: { identifier: { system: 'urn:aceso:party', value: clinic.actor.partyId } },
          },
        ],
      }),
    ]);
    const rows = await kit.consent.identity.test.ownerQuery(
      `select w.rules, w.physician_id, e.purpose, s.sequence from register.record_write w
         join audit.access_event e on e.id = w.access_event_id join register.segment s on s.ingest_id = w.id
        where w.source_record_id = $1`,
      [record],
    );
    expect(rows).toEqual([{ rules: [2], physician_id: physician.actor.partyId, purpose: 'treatment', sequence: 2 }]);
    // The provider's next file goes on behind it.
    await kit.register.ingest(clinic.actor.partyId, Buffer.from(note('later')));
    expect(await read(physician, { sourceRecordId: record })).toContain('later');
  });

  it('of the same again changes nothing, and replaces nothing', async () => {
    const heads = () =>
      kit.consent.identity.test.ownerQuery('select head_sequence from register.source_record where id = $1', [record]);
    const before = await heads();
    expect(await write(physician, note('n1'))).toEqual({ written: 0 });
    expect(await code(write(physician, note('n1', { status: 'amended' })))).toBe('RESOURCE_ID_TAKEN');
    expect(await heads()).toEqual(before);
  });

  it.each<[string, () => string[], string]>([
    ['nothing', () => [], 'RESOURCES_TOO_MANY'],
    ['too many resources', () => Array.from({ length: 51 }, (_, at) => note(`m${at}`)), 'RESOURCES_TOO_MANY'],
    ['what is no JSON', () => ['{'], 'RESOURCE_NOT_WRITABLE'],
    ['a type that FHIR does not know', () => ['{"resourceType":"Note","id":"x"}'], 'RESOURCE_NOT_WRITABLE'],
    ['a Patient', () => ['{"resourceType":"Patient","id":"p1"}'], 'RESOURCE_NOT_WRITABLE'],
    [
      'a record of its own making',
      () => ['{"resourceType":"Provenance","id":"x","target":[{"reference":"Patient/p1"}]}'],
      'RESOURCE_NOT_WRITABLE',
    ],
    ['what is of nobody', () => ['{"resourceType":"Location","id":"x"}'], 'RESOURCE_NOT_WRITABLE'],
    [
      'what is of another patient',
      () => [note('x', { subject: { reference: 'Patient/p2' } })],
      'RESOURCE_NOT_WRITABLE',
    ],
  ])('refuses %s', async (_, texts, expected) => {
    expect(await code(write(physician, ...texts()))).toBe(expected);
  });

  it('is all or nothing, and no reading rule is enough', async () => {
    await kit.consent.setRules(patient, [rule({ level: 'write' }), rule({ category: { labels: ['HIV'] } })]);
    expect(await code(write(physician, note('a1'), note('a2', { code: hiv })))).toBe('NO_DATA');
    expect(await told()).toEqual([expect.objectContaining({ act: 'record.written', reason: 'RULE_DENIES', rule: 2 })]);
    expect(await read(physician, { sourceRecordId: record })).not.toContain('a1');
    expect(await code(write(stranger, note('a1')))).toBe('NO_DATA');
  });

  it('does not get past the database without a membership', async () => {
    const { test, logs } = kit.consent.identity;
    const writing = kit.consent.api(async (tx) => {
      await tx.actAs(stranger.actor.partyId);
      const event = await logs.audit.record(tx, {
        act: 'record.written',
        actorId: stranger.actor.partyId,
        subjectId: patient.actor.personId!,
        outcome: 'permitted',
      });
      await tx.execute(
        `insert into register.record_write (id, source_record_id, physician_id, provider_id, rules, rules_digest, access_event_id,
           written_at)
         select gen_random_uuid(), $1, $2, $3, '{1}', digest, $4, now() from identity.statement limit 1`,
        [record, stranger.actor.partyId, clinic.actor.partyId, event],
      );
    });
    await expect(writing).rejects.toMatchObject({ constraint: 'record_write_member' });
    await expect(
      test.database.query(
        'api',
        `select register.write_segment(gen_random_uuid(), 1, '', '', '', '', '', '', gen_random_uuid())`,
      ),
    ).rejects.toMatchObject({ constraint: 'segment_of_write' });
  });
});
