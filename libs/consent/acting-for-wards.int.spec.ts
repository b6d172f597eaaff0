import { openIdentityKit, type IdentityKit, type Member } from '@aceso/identity/testing';
import { GUARDIAN_END } from '@aceso/identity/domain';
import { insertIndexed } from './testing/insert-indexed';
import { ConsentKit } from './testing';

let kit: IdentityKit;
let consent: ConsentKit;
let clinic: Member;

beforeAll(async () => {
  kit = await openIdentityKit();
  consent = new ConsentKit(kit);
  clinic = await kit.member('provider');
});
afterAll(() => kit.test.close());

const code = (expected: string) => expect.objectContaining({ code: expected });
const years = (count: number): string => `${new Date().getUTCFullYear() - count}-01`;
const end = (by: Member, appointment: string) =>
  consent.api((tx) => kit.guardians.end(tx, by.actor, by.client.sign(GUARDIAN_END, { appointment })));

/** A ward with two guardians who share its chain: each signs what comes next. */
async function family(scope: 'research' | 'both' = 'both') {
  const ward = await consent.boundPatient(clinic);
  await insertIndexed(kit.test.ownerQuery, ward.actor.personId!, { birthMonth: years(9) });
  const appoint = async () => {
    const guardian = await kit.member('patient');
    const parties = { guardian, ward, sourceRecord: ward.record };
    const appointment = await kit.appointGuardian(clinic, parties, { kind: 'parent', scope });
    return { guardian, appointment, ...kit.actFor(guardian, ward, appointment) };
  };
  const [mother, father] = [await appoint(), await appoint()];
  let newest = { sequence: ward.client.sequence, previous: ward.client.previous };
  const next = async <T>(by: Member, act: () => Promise<T>): Promise<T> => {
    by.client.continueFrom(newest);
    const done = await act();
    newest = { sequence: by.client.sequence, previous: by.client.previous };
    return done;
  };
  return { ward, mother, father, next };
}

const NONE = { subject: { class: 'physicians' }, category: {}, level: 'none', purpose: 'any' } as const;
const READ = { ...NONE, level: 'read' } as const;

it('lets a guardian set terms that answer, take them back, and set rules that decide', async () => {
  const { ward, mother, next } = await family();
  await next(mother, () => consent.setStandingTerms(mother));
  await next(mother, () => consent.setStandingTerms(mother, { mode: 'ask-me', alternatives: [] }));
  await next(mother, () => consent.setRules(mother, [READ]));
  const personId = ward.actor.personId!;
  const ruled = async () => (await consent.api((tx) => consent.permissions.rulesOf(tx, [personId]))).get(personId);
  expect(await ruled()).toMatchObject({ intact: true, rules: [{ level: 'read' }] });
  const events = await kit.test.ownerQuery<object>(
    'select act, actor_id, basis from audit.access_event where subject_id = $1 and actor_id = $2 order by seq',
    [personId, mother.actor.partyId],
  );
  const by = { actor_id: mother.actor.partyId, basis: 'guardian' };
  expect(events).toEqual([
    { act: 'consent.terms-set', ...by },
    { act: 'consent.terms-set', ...by },
    { act: 'consent.rules-set', ...by },
  ]);
  // What it refused must not lapse with its authority: rules stay until somebody sets others.
  await end(mother.guardian, mother.appointment);
  expect(await ruled()).toMatchObject({ intact: true, rules: [{ level: 'read' }] });
  await expect(next(mother, () => consent.setRules(mother, []))).rejects.toEqual(code('AUTHORITY_ENDED'));
});

it('asks for reading and research where rules are about both', async () => {
  const { mother, next } = await family('research');
  await expect(next(mother, () => consent.setRules(mother, []))).rejects.toEqual(code('AUTHORITY_SCOPE'));
});

describe('the no of one of two guardians stands', () => {
  it('on terms that answer', async () => {
    const { mother, father, next } = await family();
    await next(mother, () => consent.setStandingTerms(mother));
    await next(father, () => consent.setStandingTerms(father, { mode: 'ask-me', alternatives: [] }));
    await next(mother, () => consent.setStandingTerms(mother, { mode: 'ask-me', alternatives: [] }));
    await expect(next(mother, () => consent.setStandingTerms(mother))).rejects.toEqual(code('GUARDIANS_DISAGREE'));
    await next(father, () => consent.setTerms(father, 'permit'));
    await expect(next(mother, () => consent.setStandingTerms(mother))).rejects.toEqual(code('GUARDIANS_DISAGREE'));
    await end(father.guardian, father.appointment);
    await next(mother, () => consent.setStandingTerms(mother));
  });

  it('on discovery, also when both said no and one changes its mind', async () => {
    const { mother, father, next } = await family();
    await next(mother, () => consent.setTerms(mother, 'deny'));
    await next(father, () => consent.setTerms(father, 'deny'));
    await expect(next(father, () => consent.setTerms(father, 'permit'))).rejects.toEqual(code('GUARDIANS_DISAGREE'));
  });

  it('on rules: each makes narrower what the other set, and not wider', async () => {
    const { mother, father, next } = await family();
    await next(mother, () => consent.setRules(mother, [READ]));
    await expect(next(father, () => consent.setRules(father, [{ ...READ, level: 'write' }]))).rejects.toEqual(
      code('GUARDIANS_DISAGREE'),
    );
    await next(father, () => consent.setRules(father, [NONE]));
    await expect(next(mother, () => consent.setRules(mother, [READ]))).rejects.toEqual(code('GUARDIANS_DISAGREE'));
    await next(father, () => consent.setRules(father, [READ]));
  });

  it('on a request, declined or revoked, until who refused permits it', async () => {
    const { ward, mother, father, next } = await family();
    const target = consent.target([ward.record]);
    await consent.decline(father, target);
    await consent.decline(father, target);
    await consent.decline(mother, target);
    await expect(next(mother, () => consent.grant(mother, target))).rejects.toEqual(code('GUARDIANS_DISAGREE'));
    await expect(next(father, () => consent.grant(father, target))).rejects.toEqual(code('GUARDIANS_DISAGREE'));
    const other = consent.target([ward.record]);
    const grant = await next(mother, () => consent.grant(mother, other));
    await next(father, () => consent.revoke(father, grant));
    await expect(next(mother, () => consent.grant(mother, other))).rejects.toEqual(code('GUARDIANS_DISAGREE'));
    const again = await next(father, () => consent.grant(father, other));
    await next(father, () => consent.revoke(father, again));
  });

  it('and so does that of the ward', async () => {
    const { ward, mother, next } = await family();
    await next(ward, () => consent.setTerms(ward, 'deny'));
    await expect(next(mother, () => consent.setTerms(mother, 'permit'))).rejects.toEqual(code('GUARDIANS_DISAGREE'));
    const target = consent.target([ward.record]);
    await consent.decline(ward, target);
    await expect(next(mother, () => consent.grant(mother, target))).rejects.toEqual(code('GUARDIANS_DISAGREE'));
  });
});

it('lets a ward that came of age answer for itself what a parent had granted', async () => {
  const { ward, mother, next } = await family();
  const target = consent.target([ward.record]);
  await next(mother, () => consent.grant(mother, target));
  await expect(next(mother, () => consent.grant(mother, target))).rejects.toEqual(code('ALREADY_GRANTED'));
  await insertIndexed(kit.test.ownerQuery, ward.actor.personId!, { birthMonth: years(19) });
  await expect(consent.decline(mother, target)).rejects.toEqual(code('AUTHORITY_MAJORITY'));
  await next(ward, () => consent.grant(ward, target));
});

describe('a proxy', () => {
  async function adult(birthMonth: string | null = years(40)) {
    const ward = await consent.boundPatient(clinic);
    if (birthMonth !== null) await insertIndexed(kit.test.ownerQuery, ward.actor.personId!, { birthMonth });
    return { ward, proxy: await kit.member('patient') };
  }

  it('of an adult’s choice decides as far as it was appointed, until the adult ends it', async () => {
    const { ward, proxy } = await adult();
    const appointment = await kit.appointProxy(ward, proxy, { scope: 'research' });
    const acting = kit.actFor(proxy, ward, appointment);
    await consent.setTerms(acting, 'permit');
    const target = consent.target([ward.record]);
    const grant = await consent.grant(acting, target);
    const decide = () =>
      consent.worker(async (tx) => {
        const query = { ...target, at: kit.runtime.now() };
        const [row] = await consent.consent.evidenceOf(tx, [grant]);
        return consent.consent.decide(row!.evidence, query);
      });
    expect(await decide()).toMatchObject({ permit: true });
    await insertIndexed(kit.test.ownerQuery, ward.actor.personId!, { birthMonth: years(18) });
    const thisMonth = new Date().toISOString().slice(5, 7);
    expect(await decide()).toMatchObject({ permit: thisMonth > '01' });
    await insertIndexed(kit.test.ownerQuery, ward.actor.personId!, {
      birthMonth: String(new Date().getUTCFullYear() - 18),
    });
    expect(await decide()).toEqual({ permit: false, reason: 'AUTHORITY_WARD_MINOR' });
    await insertIndexed(kit.test.ownerQuery, ward.actor.personId!, { birthMonth: years(40) });
    await expect(consent.setRules(acting, [])).rejects.toEqual(code('AUTHORITY_SCOPE'));
    await end(ward, appointment);
    expect(await decide()).toEqual({ permit: false, reason: 'AUTHORITY_ENDED' });
  });

  it.each([
    ['who may be a minor', String(new Date().getUTCFullYear() - 18)],
    ['whose birth nobody knows', null],
  ])('is none of somebody %s', async (_, birthMonth) => {
    const { ward, proxy } = await adult(birthMonth);
    await expect(kit.appointProxy(ward, proxy)).rejects.toEqual(code('AUTHORITY_WARD_MINOR'));
    expect(
      await kit.test.ownerQuery('select from identity.guardian_appointment where ward_id = $1', [ward.actor.partyId]),
    ).toEqual([]);
  });

  it('is somebody else, for ten years at most', async () => {
    const now = Math.floor(kit.runtime.now() / 1000);
    const [one, two] = [await adult(), await adult()];
    await expect(kit.appointProxy(one.ward, one.ward)).rejects.toEqual(code('GUARDIAN_REFUSED'));
    const until = now + 11 * 366 * 86_400;
    await expect(kit.appointProxy(two.ward, two.proxy, { until })).rejects.toEqual(code('GUARDIAN_REFUSED'));
  });

  it('rests on the statement of its ward, and on nobody else’s', async () => {
    const { ward, proxy } = await adult();
    const forged = consent.api(async (tx) => {
      await tx.actAs(proxy.actor.partyId);
      await tx.execute(
        `insert into identity.guardian_appointment (statement_digest, appointer_id, ward_id, guardian_id, kind, scope, until, appointed_at)
         select digest, $1, $1, $2, 'proxy', 'both', now() + interval '1 day', now() from identity.statement limit 1`,
        [proxy.actor.partyId, ward.actor.partyId],
      );
    });
    await expect(forged).rejects.toMatchObject({ constraint: 'appointment_signed' });
  });
});

it('takes no answer of a guardian from the process on the network that it did not give', async () => {
  const { ward, mother } = await family();
  await end(mother.guardian, mother.appointment);
  const refuse = consent.api(async (tx) => {
    await tx.actAs(ward.actor.partyId);
    await tx.execute(
      `insert into consent.refusal (person_id, request_id, version, party_id, recorded_at, appointment_digest)
       values ($1, gen_random_uuid(), 1, $2, now(), decode($3, 'hex'))`,
      [ward.actor.personId, ward.actor.partyId, mother.appointment],
    );
  });
  await expect(refuse).rejects.toMatchObject({ constraint: 'refusal_appointment' });
});
