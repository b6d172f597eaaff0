import { openIdentityKit, type Member } from '@aceso/identity/testing';
import { PERMISSION_RULES, PERMISSION_RULES_MAX, type PermissionActor, type PermissionRule } from './domain';
import { ConsentKit } from './testing';

let kit: ConsentKit;
let clinic: Member;
let physician: Member;
let patient: Member;

beforeAll(async () => {
  kit = new ConsentKit(await openIdentityKit());
  clinic = await kit.identity.member('provider');
  physician = await kit.identity.member('physician');
});
afterAll(() => kit.identity.test.close());
beforeEach(async () => {
  patient = await kit.boundPatient(clinic);
});

const refusal = (code: string) => expect.objectContaining({ code });
const rule = (changes: Partial<PermissionRule>): PermissionRule => ({
  subject: { class: 'physicians' },
  category: {},
  level: 'read',
  purpose: 'any',
  ...changes,
});
const actorOf = (member: Member): Promise<PermissionActor> =>
  kit.api((tx) => kit.permissions.actorOf(tx, member.actor));
const effects = async (member: Member, categories = [{}]) => {
  const actor = await actorOf(member);
  const asked = { actor, categories, purpose: 'treatment', act: 'read' } as const;
  // Whoever decides acts as the one who asks, never as the patient.
  const decisions = await kit.api(async (tx) => {
    await tx.actAs(member.actor.partyId);
    return kit.permissions.decideFor(tx, patient.actor.personId!, asked);
  });
  return decisions.map(({ effect }) => effect);
};
const gate = async (): Promise<number | undefined> =>
  (await kit.worker((tx) => kit.identity.gates.versions(tx, [patient.actor.personId!]))).get(patient.actor.personId!);
const own = () => kit.api((tx) => kit.permissions.ownRules(tx, patient.actor));

describe('a set of rules', () => {
  it('takes the place of the one before, raises the gate each time and stands in the chain', async () => {
    expect(await own()).toMatchObject({ rules: [], recordedAt: null, intact: true });
    await kit.setRules(patient, [rule({}), rule({ category: { labels: ['HIV'] }, level: 'none' })]);
    expect(await effects(physician, [{ labels: [] }, { labels: ['HIV'] }])).toEqual(['permit', 'deny']);
    expect(await gate()).toBe(2);
    await kit.setRules(patient, [rule({ level: 'none' })]);
    expect((await own()).rules).toEqual([{ ...rule({ level: 'none' }), number: 1 }]);
    expect(await effects(physician)).toEqual(['deny']);
    expect(await gate()).toBe(3);
    await kit.setRules(patient, []);
    expect((await own()).rules).toEqual([]);
    const head = await kit.api((tx) => kit.identity.statements.head(tx, patient.actor.partyId));
    expect(head).toEqual({ sequence: patient.client.sequence, digest: patient.client.previous });
    const told = await kit.identity.test.ownerQuery(
      `select from audit.access_event where act = 'consent.rules-set' and subject_id = $1`,
      [patient.actor.personId],
    );
    expect(told).toHaveLength(3);
  });

  it('is recorded once, however often the same statement comes', async () => {
    const text = patient.client.signNext(PERMISSION_RULES, { rules: [rule({})] });
    for (let time = 0; time < 3; time += 1) await kit.api((tx) => kit.permissions.record(tx, patient.actor, text));
    expect(await gate()).toBe(2);
    expect((await own()).rules).toHaveLength(1);
  });

  it.each<[string, PermissionRule[], string]>([
    [
      'of more rules than the limit',
      Array.from({ length: PERMISSION_RULES_MAX + 1 }, () => rule({})),
      'CLAIMS_INVALID',
    ],
    ['with a category that names nothing', [rule({ category: { types: [] } })], 'CLAIMS_INVALID'],
    ['with a type that FHIR does not know', [rule({ category: { types: ['Diagnosis'] } })], 'CLAIMS_INVALID'],
    ['with a code without system', [rule({ category: { codes: ['2339-0'] } })], 'CLAIMS_INVALID'],
    [
      'with days that end before they begin',
      [rule({ category: { days: { from: '2020-01-02', to: '2020-01-01' } } })],
      'CLAIMS_INVALID',
    ],
    ['with a period that is empty', [rule({ period: { from: 5, until: 5 } })], 'CLAIMS_INVALID'],
    [
      'about a party that is not here',
      [rule({ subject: { party: '00000000-0000-4000-8000-000000000000' } })],
      'RULE_PARTY_UNKNOWN',
    ],
  ])('is refused %s', async (_, rules, code) => {
    await expect(kit.setRules(patient, rules)).rejects.toEqual(refusal(code));
    expect(await gate()).toBe(1);
  });

  it('is refused where physicians of a party are meant that is no provider', async () => {
    const wrong = [rule({ subject: { physiciansOf: physician.actor.partyId } })];
    await expect(kit.setRules(patient, wrong)).rejects.toEqual(refusal('RULE_PARTY_UNKNOWN'));
  });

  it('permits nothing when its stored bytes do not verify', async () => {
    await kit.setRules(patient, [rule({})]);
    const { ownerQuery } = kit.identity.test;
    await ownerQuery('alter table identity.statement disable trigger user');
    await ownerQuery(
      `update identity.statement set text = replace(text, '"level":"read"', '"level":"write"')
        where typ = 'aceso/permission-rules/v1' and party_id = $1`,
      [patient.actor.partyId],
    );
    await ownerQuery('alter table identity.statement enable trigger user');
    expect(await own()).toMatchObject({ rules: [], intact: false });
    expect(await effects(physician)).toEqual(['deny']);
  });

  it('is nobody else to read or to write', async () => {
    await kit.setRules(patient, [rule({})]);
    const other = await kit.identity.member('patient');
    const seen = await kit.api(async (tx) => {
      await tx.actAs(other.actor.partyId);
      await tx.execute('delete from consent.permission_rule');
      return tx.query('select from consent.permission_rule');
    });
    expect(seen).toEqual([]);
    expect((await own()).rules).toHaveLength(1);
    await expect(kit.identity.test.database.query('sequencer', 'select from consent.permission_rule')).rejects.toThrow(
      /permission denied/,
    );
    await expect(kit.api((tx) => kit.permissions.decideForAll(tx, {} as never, { unruled: 'deny' }))).rejects.toThrow(
      /worker only/,
    );
  });
});

describe('an explanation', () => {
  const explain = (asked: object) =>
    kit.api((tx) =>
      kit.permissions.explain(tx, patient.actor, {
        category: {},
        purpose: 'treatment',
        act: 'read',
        ...asked,
      } as never),
    );

  it('names the rule, the day and what is left out', async () => {
    const day = new Date(kit.identity.runtime.now()).toISOString().slice(0, 10);
    await kit.setRules(patient, [
      rule({ subject: { class: 'research' }, purpose: 'research' }),
      rule({ subject: { class: 'research' }, category: { labels: ['PSY'], types: ['Condition'] }, level: 'none' }),
      rule({ level: 'none' }),
      rule({ subject: { party: physician.actor.partyId }, category: { types: ['Observation'] }, level: 'write' }),
    ]);
    const sentences = [
      await explain({ subject: { class: 'research' }, purpose: 'research' }),
      await explain({ subject: { class: 'physicians' } }),
      await explain({ subject: { party: physician.actor.partyId } }),
      await explain({ subject: { party: physician.actor.partyId }, category: { type: 'Observation' }, act: 'write' }),
      await explain({ subject: { party: clinic.actor.partyId }, category: { provider: clinic.actor.partyId } }),
      await explain({ subject: { party: clinic.actor.partyId } }),
    ].map(({ sentence }) => sentence);
    expect(sentences).toEqual([
      `Permitted: rule 1 (read), set by you on ${day}. Left out: Condition, labelled PSY (rule 2).`,
      `Refused: rule 3 (none), set by you on ${day}.`,
      `Permitted in part only: rule 4 (read and write), set by you on ${day}, permits some of it; the rest is refused.`,
      `Permitted: rule 4 (read and write), set by you on ${day}.`,
      'Permitted: a provider keeps reading what it wrote itself, as law obliges it to keep records.',
      'Refused: no rule of yours permits it, and no rule means none.',
    ]);
  });

  it('decides on research as under a grant only where discovery is permitted', async () => {
    const asked = { subject: { class: 'research' }, purpose: 'research' };
    expect((await explain(asked)).decision.effect).toBe('deny');
    await kit.setTerms(patient, 'permit');
    expect((await explain(asked)).decision.effect).toBe('permit');
  });

  it('is refused about a party that is not registered', async () => {
    const asked = { subject: { party: '00000000-0000-4000-8000-000000000000' } };
    await expect(explain(asked)).rejects.toEqual(refusal('RULE_PARTY_UNKNOWN'));
  });
});

describe('a physician', () => {
  it('is met by rules about physicians of a provider only while the provider says so', async () => {
    await kit.setRules(patient, [rule({ subject: { physiciansOf: clinic.actor.partyId } })]);
    expect(await effects(physician)).toEqual(['deny']);
    await kit.identity.attestMembership(clinic, physician, true);
    expect(await effects(physician)).toEqual(['permit']);
    await kit.identity.attestMembership(clinic, physician, false);
    expect(await effects(physician)).toEqual(['deny']);
  });
});

describe('research', () => {
  const discoverable = async (): Promise<boolean> =>
    (
      await kit.identity.test.database.query('api', 'select from consent.discoverable where person_id = $1', [
        patient.actor.personId,
      ])
    ).length === 1;
  const research = (changes: Partial<PermissionRule>) => rule({ subject: { class: 'research' }, ...changes });

  it('finds nobody who keeps everything back, whatever the discovery terms say', async () => {
    await kit.setTerms(patient, 'permit');
    for (const [rules, found] of [
      [[], true],
      [[research({ level: 'none' })], false],
      [[research({ level: 'none', purpose: 'research' })], false],
      [[research({ level: 'none', purpose: 'treatment' })], true],
      [[research({ level: 'none' }), research({ purpose: 'research' })], true],
      [[research({ level: 'none', category: { types: ['Patient'] } })], false],
      [[research({ level: 'none', category: { labels: ['HIV'] } })], true],
      [[research({ level: 'none', period: { until: 1 } })], true],
      [[rule({ level: 'none' })], true],
    ] as const) {
      await kit.setRules(patient, rules);
      expect([rules, await discoverable()]).toEqual([rules, found]);
    }
  });
});
