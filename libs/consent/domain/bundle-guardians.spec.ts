import { randomUUID } from 'node:crypto';
import {
  ageLimits,
  GUARDIAN_APPOINTMENT,
  GUARDIAN_CONFIRMATION,
  PROXY_APPOINTMENT,
  type AuthorityEvidence,
  type GuardianKind,
  type GuardianScope,
} from '@aceso/identity/domain';
import { digestOf, lifeOf, TestParty } from '@aceso/identity/testing';
import { sha256, verifyEd25519, verifyP256 } from '@aceso/platform';
import { EXAMPLE_AT_MS, signStandingTerms, standingTermsContent, tokenExample } from '../testing';
import { toBundleGuardian, type BundleGuardian } from './bundle-guardians';
import type { ConsentBundle } from './consent-bundle';
import { SHIPPED_DISEASES } from './shipped-diseases';
import { GRANT, REVOCATION } from './statement-kind';
import { verifyBundle } from './verify-bundle';

const DAY_MS = 86_400_000;
const YEAR = { lifetimeSeconds: 365 * 86_400 };
const { grantBundle, termsBundle, grant: ownGrant, clinic, amina } = tokenExample();
const someone = (): TestParty => new TestParty({ audience: grantBundle.origin, now: () => EXAMPLE_AT_MS });
const [mother, stranger, officer, second] = [someone(), someone(), someone(), someone()];
const [WARD, MOTHER, CLINIC] = [randomUUID(), randomUUID(), randomUUID()];
const { request, version, contentHash, recordsUpTo, notice, amount, splitRule } = JSON.parse(ownGrant).payload;
const claims = { request, version, contentHash, recordsUpTo, notice, amount, splitRule };
const life = (party: TestParty) => [lifeOf(party, { addedAt: EXAMPLE_AT_MS })];

/** The clinic appoints Amina's mother, who signs the grant; each argument changes one thing that is told of it. */
function guarded({
  kind = 'parent',
  scope = 'research',
  days = 400,
  by = clinic,
  told = {},
}: {
  kind?: GuardianKind;
  scope?: GuardianScope;
  days?: number;
  by?: TestParty;
  told?: Partial<BundleGuardian>;
} = {}): ConsentBundle {
  const until = EXAMPLE_AT_MS / 1000 + days * 86_400;
  const appointment = by.sign(GUARDIAN_APPOINTMENT, {
    ...{ ward: WARD, guardian: MOTHER, sourceRecord: claims.recordsUpTo[0].sourceRecord, kind, scope },
    ...{ evidence: 'document', document: 'f'.repeat(64), until },
  });
  const guardian: BundleGuardian = {
    appointment,
    appointedAt: EXAMPLE_AT_MS,
    appointer: { party: CLINIC, role: 'provider', keys: life(clinic) },
    confirmation: null,
    endedAt: null,
    guardian: { party: MOTHER, keys: life(mother) },
    ward: WARD,
    recordBound: true,
    ageAtSigning: 'minor',
    ageNow: 'minor',
    deceased: false,
    ...told,
  };
  const acting = mother.actingFor({ guardianFor: WARD, evidence: digestOf(guardian.appointment) });
  const statement = acting.signAt(GRANT, claims, { ...YEAR, seq: 3, prev: 'e'.repeat(64) });
  return {
    ...grantBundle,
    consent: { kind: 'grant', statement, acceptedAt: EXAMPLE_AT_MS },
    guardians: [guardian],
  };
}

/** The same, with somebody's confirmation of the appointment. */
function confirmedBy(bundle: ConsentBundle, party: TestParty): ConsentBundle {
  const [one] = bundle.guardians as [BundleGuardian];
  const statement = party.sign(GUARDIAN_CONFIRMATION, { appointment: digestOf(one.appointment) });
  return {
    ...bundle,
    guardians: [{ ...one, confirmation: { statement, acceptedAt: EXAMPLE_AT_MS, keys: life(party) } }],
  };
}

const [told] = guarded().guardians as [BundleGuardian];
const judge = (bundle: ConsentBundle, now = EXAMPLE_AT_MS) =>
  verifyBundle({
    bundleText: JSON.stringify(bundle),
    now,
    tree: SHIPPED_DISEASES,
    sha256,
    verify: verifyEd25519,
    verifyP256,
    judge: () => {
      throw new Error('there is no receipt');
    },
  });

describe('a consent that a guardian signed', () => {
  it('holds by the appointment, and says that a guardian signed', () => {
    const found = judge(guarded());
    expect(found).toMatchObject({ verdict: 'origin not proven', fault: null });
    expect(found.says[0]).toBe('signed by a guardian, for the person:');
  });

  it('holds as terms do, with their answer', () => {
    const acting = mother.actingFor({ guardianFor: WARD, evidence: digestOf(told.appointment) });
    const own = termsBundle.consent as Extract<ConsentBundle['consent'], { kind: 'terms' }>;
    const content = JSON.parse(own.statement).payload;
    const statement = signStandingTerms(acting, standingTermsContent({ ...pick(content) }));
    const answer = own.answer.replace(JSON.parse(own.answer).terms, digestOf(statement));
    const consent = { ...own, statement, answer, newestTerms: digestOf(statement) };
    const bundle = { ...termsBundle, consent, guardians: [told] };
    expect(judge(bundle)).toMatchObject({ fault: null });
    expect(judge({ ...bundle, guardians: [{ ...told, ageNow: 'unsure' }] }).fault).toBe('AUTHORITY_MAJORITY');
  });

  it.each<[string, ConsentBundle, string]>([
    ['without the appointment', { ...guarded(), guardians: [] }, 'AUTHORITY_INVALID'],
    ['by an appointment for another ward', guarded({ told: { ward: randomUUID() } }), 'AUTHORITY_INVALID'],
    ['by an appointment that a stranger signed', guarded({ by: stranger }), 'AUTHORITY_INVALID'],
    [
      'by a key that is not of the guardian',
      guarded({ told: { guardian: { party: MOTHER, keys: life(stranger) } } }),
      'OTHER_KEY',
    ],
    [
      'by an appointment of somebody else',
      guarded({ told: { guardian: { party: randomUUID(), keys: life(mother) } } }),
      'OTHER_KEY',
    ],
    [
      'by an altered appointment',
      { ...guarded(), guardians: [{ ...told, appointment: told.appointment.replace('parent', 'court') }] },
      'ALTERED',
    ],
    ['to read only', guarded({ scope: 'read' }), 'WIDER_SCOPE'],
    [
      'by whom a provider appointed that has no record of the ward',
      guarded({ told: { recordBound: false } }),
      'AUTHORITY_NOT_BOUND',
    ],
    ['whose authority somebody ended', guarded({ told: { endedAt: EXAMPLE_AT_MS + DAY_MS } }), 'AUTHORITY_ENDED'],
    ['when the ward was of age', guarded({ told: { ageAtSigning: 'adult' } }), 'AUTHORITY_MAJORITY'],
    ['when the ward may have been of age', guarded({ told: { ageAtSigning: 'unsure' } }), 'AUTHORITY_MAJORITY'],
    ['whose ward came of age', guarded({ told: { ageNow: 'adult' } }), 'AUTHORITY_MAJORITY'],
    ['whose ward died', guarded({ told: { deceased: true } }), 'AUTHORITY_WARD_DECEASED'],
    ['as a proxy of a minor', confirmedBy(guarded({ kind: 'proxy' }), officer), 'AUTHORITY_WARD_MINOR'],
    ['with the appointment twice', { ...guarded(), guardians: [told, told] }, 'REPLAYED'],
  ])('%s is refused', (_case, bundle, fault) => {
    expect(judge(bundle)).toMatchObject({ verdict: 'refused', fault, says: [] });
  });

  it('says whether authority was missing at the signature, or ended since', () => {
    expect(judge(guarded({ told: { ageAtSigning: 'adult' } })).reason).toContain('when it was signed');
    expect(judge(guarded({ told: { ageNow: 'adult' } })).reason).not.toContain('when it was signed');
  });

  it('ends with the date of the appointment, to the second', () => {
    const bundle = guarded({ days: 30 });
    expect(judge(bundle, EXAMPLE_AT_MS + 30 * DAY_MS - 1).fault).toBeNull();
    expect(judge(bundle, EXAMPLE_AT_MS + 30 * DAY_MS).fault).toBe('AUTHORITY_ENDED');
  });

  it('needs two officers where no provider appointed, and one beside a provider, but for a parent', () => {
    const appointer: BundleGuardian['appointer'] = { party: randomUUID(), role: 'officer', keys: life(officer) };
    const alone = guarded({ by: officer, told: { appointer, recordBound: false } });
    expect(judge(alone).fault).toBe('AUTHORITY_UNCONFIRMED');
    expect(judge(confirmedBy(alone, officer)).fault).toBe('AUTHORITY_UNCONFIRMED');
    expect(judge(confirmedBy(alone, second)).fault).toBeNull();
    const adult = { ageAtSigning: 'adult', ageNow: 'adult' } as const;
    for (const kind of ['court', 'proxy'] as const) {
      const provided = guarded({ kind, told: adult });
      expect(judge(provided).fault).toBe('AUTHORITY_UNCONFIRMED');
      expect(judge(confirmedBy(provided, clinic)).fault).toBe('AUTHORITY_UNCONFIRMED');
      expect(judge(confirmedBy(provided, officer)).fault).toBeNull();
    }
  });

  it('holds by the own word of an adult who named a proxy', () => {
    const until = EXAMPLE_AT_MS / 1000 + 86_400;
    const appointment = amina.signAt(
      PROXY_APPOINTMENT,
      { guardian: MOTHER, scope: 'both', until },
      { seq: 9, prev: 'a'.repeat(64) },
    );
    const appointer: BundleGuardian['appointer'] = { party: WARD, role: 'patient', keys: life(amina) };
    const adult = { ageAtSigning: 'adult', ageNow: 'adult' } as const;
    expect(judge(guarded({ told: { appointment, appointer, recordBound: false, ...adult } })).fault).toBeNull();
  });

  it('is revoked by its guardian as by the person, and by nobody else', () => {
    const bundle = guarded();
    const grant = digestOf(bundle.consent.statement);
    const of = { seq: 4, prev: grant };
    const authority = { guardianFor: WARD, evidence: digestOf(told.appointment) };
    const byMother = mother.actingFor({ ...authority, evidence: digestOf(bundle.guardians![0]!.appointment) });
    const byOther = mother.actingFor({ ...authority, evidence: 'b'.repeat(64) });
    expect(judge({ ...bundle, revocation: byMother.signAt(REVOCATION, { grant }, of) }).fault).toBe('REVOKED');
    expect(judge({ ...bundle, revocation: amina.signAt(REVOCATION, { grant }, of) }).fault).toBe('REVOKED');
    expect(judge({ ...bundle, revocation: byOther.signAt(REVOCATION, { grant }, of) }).fault).toBe('OTHER_KEY');
  });
});

it('tells on which side of majority a ward is, and never a birth', () => {
  const evidence = (born: [string | null, string | null]): AuthorityEvidence => ({
    ...{
      appointmentText: 'a',
      appointedAt: 1,
      appointerId: CLINIC,
      appointerRole: 'provider',
      appointerKeys: life(clinic),
    },
    ...{ confirmationText: 'c', confirmedAt: 2, confirmerKeys: life(second), endedAt: null, guardianId: MOTHER },
    ...{
      guardianKeys: life(mother),
      wardId: WARD,
      boundAt: CLINIC,
      unbound: false,
      bornFrom: born[0],
      bornUntil: born[1],
      deceased: false,
    },
  });
  const ages = { signing: ageLimits(Date.UTC(2026, 5), 18), now: ageLimits(Date.UTC(2028, 5), 18) };
  const ageOf = (...born: [string | null, string | null]) => {
    const one = toBundleGuardian(evidence(born), ages);
    expect(JSON.stringify(one)).not.toContain(born[0] ?? 'null-born');
    return [one.ageAtSigning, one.ageNow];
  };
  expect(ageOf('2020-01', '2020-12')).toEqual(['minor', 'minor']);
  expect(ageOf('2009-01', '2009-12')).toEqual(['minor', 'adult']);
  expect(ageOf('2008-01', '2008-12')).toEqual(['unsure', 'adult']);
  expect(ageOf('1980-01', '1980-01')).toEqual(['adult', 'adult']);
  expect(ageOf(null, null)).toEqual(['unsure', 'unsure']);
  expect(toBundleGuardian(evidence([null, null]), ages)).toMatchObject({
    recordBound: true,
    confirmation: { statement: 'c', acceptedAt: 2 },
  });
});

function pick({ mode, alternatives, splitRule, notice }: Record<string, never>): Record<string, never> {
  return { mode, alternatives, splitRule, notice };
}
