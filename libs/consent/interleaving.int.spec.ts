import fc from 'fast-check';
import { openIdentityKit, type Member } from '@aceso/identity/testing';
import type { SourceRecordId } from '@aceso/kernel';
import type { GrantTarget } from './domain';
import { ConsentKit } from './testing';

/**
 * Random interleavings of grant, revoke, terms and decide over several patients at once. A model says who is covered;
 * what the database and the signed bytes say must agree at every decision.
 */
const PATIENTS = 4;

type Act = { readonly act: 'grant' | 'revoke' | 'deny' | 'decide'; readonly patient: number };

let kit: ConsentKit;
let patients: (Member & { record: SourceRecordId })[];

beforeAll(async () => {
  kit = new ConsentKit(await openIdentityKit());
  const clinic = await kit.identity.member('provider');
  patients = await Promise.all(Array.from({ length: PATIENTS }, () => kit.boundPatient(clinic)));
});
afterAll(() => kit.identity.test.close());

const acts = fc.array(
  fc.record({
    act: fc.constantFrom<Act['act']>('grant', 'revoke', 'deny', 'decide'),
    patient: fc.nat(PATIENTS - 1),
  }),
  { minLength: 4, maxLength: 14 },
);

/** Who is covered by the evidence in the database, decided from the signed bytes. */
async function covered(target: GrantTarget): Promise<string[]> {
  const at = kit.identity.runtime.now();
  const rows = await kit.worker((tx) => kit.consent.validGrants(tx, { ...target, at }));
  return rows
    .filter(({ evidence }) => kit.consent.decide(evidence, { ...target, at }).permit)
    .map(({ personId }) => personId);
}

it('agrees with the model at every decision, and every narrowing moves the gate', async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (sequence) => {
      const records = patients.map(({ record }) => record);
      const asked = kit.target([]);
      const targets = records.map((record) => ({ ...asked, heads: kit.target([record]).heads }));
      const standing = new Map<string, string>();
      for (const { act, patient } of sequence) {
        const member = patients[patient]!;
        const person = member.actor.personId!;
        const gates = () => kit.worker((tx) => kit.identity.gates.versions(tx, [person]));
        const before = (await gates()).get(person)!;
        const grant = standing.get(person);
        if (act === 'grant' && !grant) standing.set(person, await kit.grant(member, targets[patient]!));
        if (act === 'revoke' && grant) {
          await kit.revoke(member, grant);
          standing.delete(person);
        }
        if (act === 'deny') await kit.setTerms(member, 'deny');
        const narrowed = act === 'deny' || (act === 'revoke' && grant !== undefined);
        expect((await gates()).get(person)).toBe(before + (narrowed ? 1 : 0));
        if (act === 'decide') expect(await covered(asked)).toEqual([...standing.keys()].sort());
      }
      expect(await covered(asked)).toEqual([...standing.keys()].sort());
    }),
    { numRuns: 12 },
  );
}, 60_000);

it('lets a revocation and a release in parallel end in one of two ways only', async () => {
  const member = patients[0]!;
  const person = member.actor.personId!;
  for (let round = 0; round < 25; round += 1) {
    const target = kit.target([member.record]);
    const digest = await kit.grant(member, target);
    const seen = (await kit.worker((tx) => kit.identity.gates.versions(tx, [person]))).get(person)!;
    let revokedAtRelease: boolean | undefined;
    const release = kit.worker(async (tx) => {
      const now = (await kit.identity.gates.lockAndRead(tx, [person])).get(person);
      const rows = await kit.consent.validGrants(tx, { ...target, at: kit.identity.runtime.now() });
      revokedAtRelease = rows.length === 0;
      // The gate is all that a release compares: it must tell a revocation that committed before.
      expect(now !== seen).toBe(revokedAtRelease);
    });
    await Promise.all(round % 2 ? [release, kit.revoke(member, digest)] : [kit.revoke(member, digest), release]);
    expect(revokedAtRelease).toBeDefined();
    expect(await covered(target)).toEqual([]);
  }
}, 60_000);
