import fc from 'fast-check';
import { categoryOf, decidePermission, numbered, type PermissionRule } from '@aceso/consent/domain';
import { randomRule, type RandomParties } from '@aceso/consent/testing';
import type { Member } from '@aceso/identity/testing';
import type { SourceRecordId } from '@aceso/kernel';
import { AccessKit } from '../testing';

/** Each refusal waits for its step of time. */
const ROUNDS = 12;
const RULES_MAX = 6;

jest.setTimeout(180_000);

let kit: AccessKit;
let clinic: Member;
let patient: Member;
let physicians: Member[];
let parties: RandomParties;
let record: SourceRecordId;
let written = 0;

const subject = { reference: 'Patient/p1' };
const code = (system: string, value: string) => ({ code: { coding: [{ system, code: value }] } });
const hiv = code('http://hl7.org/fhir/sid/icd-10', 'B20');
const RESOURCES = [
  { resourceType: 'Patient', id: 'p1' },
  {
    resourceType: 'Observation',
    id: 'a',
    subject,
    status: 'final',
    ...code('http://loinc.org', '1-1'),
    effectiveDateTime: '2001-01-01',
  },
  {
    resourceType: 'Observation',
    id: 'b',
    subject,
    status: 'final',
    ...code('http://loinc.org', '2-2'),
    device: { reference: 'Device/a' },
  },
  { resourceType: 'Condition', id: 'c', subject, ...hiv, onsetDateTime: '2001-06-15' },
  { resourceType: 'Condition', id: 'd', subject, ...code('http://snomed.info/sct', '3'), onsetDateTime: '2003-01-01' },
];

beforeAll(async () => {
  kit = await AccessKit.open();
  const { identity } = kit.consent;
  const member = (role: Parameters<typeof identity.member>[0]) => identity.member(role);
  const other = await member('provider');
  [clinic, patient] = [await member('provider'), await member('patient')];
  physicians = [await member('physician'), await member('physician')];
  await identity.attestMembership(clinic, physicians[0]!, true);
  await identity.attestMembership(other, physicians[1]!, true);
  BROAD.push({ subject: { physiciansOf: clinic.actor.partyId }, category: {}, level: 'write', purpose: 'any' });
  record = await kit.bindRecord(patient, clinic, 'p1', RESOURCES);
  parties = {
    providers: [clinic.actor.partyId, other.actor.partyId],
    centers: [(await member('researcher')).actor.partyId],
    physicians: physicians.map(({ actor }) => actor.partyId),
  };
});
afterAll(() => kit.close());

/** Read for all physicians, and write for those of one provider, as the least specific rules of a set. */
const BROAD: PermissionRule[] = [{ subject: { class: 'physicians' }, category: {}, level: 'read', purpose: 'any' }];

/** Without the moments of 1970 of random rules, which would speak of nothing. */
const lasting = ({ period: _period, ...rule }: PermissionRule): PermissionRule => rule;

/** What a physician is let to by the pure decision, in the order of the resources. */
async function expected(
  who: Member,
  rules: readonly PermissionRule[],
  purpose: 'treatment' | 'emergency',
  act: 'read' | 'write',
) {
  const actor = await kit.consent.api((tx) => kit.consent.permissions.actorOf(tx, who.actor));
  return RESOURCES.filter((resource) => {
    const category = categoryOf(resource, clinic.actor.partyId);
    const question = { actor, category, purpose, act, at: Date.now() };
    const unruled = purpose === 'emergency' ? ('permit' as const) : ('deny' as const);
    return decidePermission(numbered(rules), question, { authorsRead: true, unruled }).effect === 'permit';
  }).map(({ id }) => id);
}

const orNothing = async (reading: Promise<{ rows: readonly { resource: { id: string } }[] }>): Promise<string[]> =>
  reading.then(
    ({ rows }) =>
      rows
        .map(({ resource }) => resource.id)
        .filter((id) => id.length === 1 || id === 'p1')
        .sort(),
    (error: { code?: string }) => {
      if (error.code !== 'NO_DATA') throw error;
      return [];
    },
  );
const wish = { limit: 100, after: null, filter: { types: ['Patient', 'Observation', 'Condition'] } };
const read = (who: Member) => orNothing(kit.physicians.read(who.actor, { patientId: patient.actor.partyId }, wish));

async function readInEmergency(who: Member): Promise<string[]> {
  const handle = { patientId: patient.actor.partyId };
  try {
    const { id } = await kit.emergencies.open(who.actor, { handle, reason: 'other', text: 'For the sake of a test.' });
    await kit.consent.identity.test.ownerQuery(
      `insert into register.emergency_review (emergency_id, officer_id, decision, access_event_id)
       select id, physician_id, 'justified', access_event_id from register.emergency where id = $1`,
      [id],
    );
    return await orNothing(kit.physicians.readInEmergency(who.actor, id, wish));
  } catch (error) {
    if ((error as { code?: string }).code !== 'NO_DATA') throw error;
    return [];
  }
}

/** Whether each resource but the Patient could be written under an id of its own. */
async function writable(who: Member): Promise<string[]> {
  const done: string[] = [];
  for (const resource of RESOURCES.slice(1)) {
    written += 1;
    const text = JSON.stringify({ ...resource, id: `written-${written}` });
    try {
      await kit.writes.write(who.actor, record, [text]);
      done.push(resource.id);
    } catch (error) {
      if ((error as { code?: string }).code !== 'NO_DATA') throw error;
    }
  }
  return done;
}

it('every path gives each physician what the decision says of each resource, and a denial more never widens it', async () => {
  const sets = fc.sample(fc.array(randomRule(parties), { maxLength: RULES_MAX }), { numRuns: ROUNDS, seed: 7 });
  let permitted = 0;
  for (const [round, rules] of sets.entries()) {
    // In most rounds the others narrow a broad one.
    const standing = [...BROAD.slice(0, round % 3), ...rules.map(lasting)];
    await kit.consent.setRules(patient, standing);
    const before: string[][] = [];
    for (const who of physicians) {
      before.push(await read(who));
      expect(before.at(-1)).toEqual((await expected(who, standing, 'treatment', 'read')).sort());
      expect(await readInEmergency(who)).toEqual((await expected(who, standing, 'emergency', 'read')).sort());
      const mayWrite = who === physicians[0] ? await expected(who, standing, 'treatment', 'write') : [];
      expect(await writable(who)).toEqual(mayWrite.filter((id) => id !== 'p1'));
      permitted += (before.at(-1)?.length ?? 0) + mayWrite.length;
    }
    const [denial] = fc.sample(randomRule(parties), 1) as [PermissionRule];
    await kit.consent.setRules(patient, [...standing, { ...lasting(denial), level: 'none' }]);
    for (const [at, who] of physicians.entries()) {
      expect(before[at]).toEqual(expect.arrayContaining(await read(who)));
    }
  }
  expect(permitted).toBeGreaterThan(ROUNDS);
});
