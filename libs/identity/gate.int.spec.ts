import type { PersonId } from '@aceso/kernel';
import { DATABASE_ROLES, type Tx } from '@aceso/platform';
import type { IdentityKit } from './testing';
import { openIdentityKit } from './testing';

let kit: IdentityKit;
let persons: PersonId[];

beforeAll(async () => {
  kit = await openIdentityKit();
  const members = await Promise.all(Array.from({ length: 8 }, () => kit.member('patient')));
  persons = members.map(({ actor }) => actor.personId!);
});
afterAll(() => kit.test.close());

const worker = <T>(use: (tx: Tx) => Promise<T>) => kit.test.database.transaction('worker', use);
const versions = () => worker((tx) => kit.gates.versions(tx, persons));

describe('the gate', () => {
  it('is raised by every narrowing act, once each, in whatever order persons are named', async () => {
    const before = await versions();
    const raise = (ids: PersonId[]) => worker((tx) => kit.gates.narrow(tx, ids, 'erasure'));
    await Promise.all(Array.from({ length: 12 }, (_, at) => raise(at % 2 ? persons : [...persons].reverse())));
    for (const [person, version] of await versions()) expect(version).toBe(before.get(person)! + 12);
  });

  it('holds still while a release has it locked, and moves after', async () => {
    const [person] = persons as [PersonId];
    const order: string[] = [];
    let narrowing: Promise<void> | undefined;
    await worker(async (tx) => {
      const seen = await kit.gates.lockAndRead(tx, persons);
      const rival = kit.test.database.transaction('api', (other) => kit.gates.narrow(other, [person], 'revocation'));
      narrowing = rival.then(() => void order.push('revocation'));
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(await kit.gates.lockAndRead(tx, persons)).toEqual(seen);
      order.push('release');
    });
    await narrowing;
    expect(order).toEqual(['release', 'revocation']);
  });

  it('lets two releases over the same persons go on together', async () => {
    await worker(async (tx) => {
      await kit.gates.lockAndRead(tx, persons);
      await worker((other) => kit.gates.lockAndRead(other, [...persons].reverse()));
    });
  });

  it.each(DATABASE_ROLES)('is never lowered, nor left as it was, by the role %s', async (role) => {
    const [person] = persons as [PersonId];
    await worker((tx) => kit.gates.narrow(tx, persons, 'terms'));
    const before = await versions();
    const mayWrite = role === 'api' || role === 'worker';
    for (const version of ['version - 1', 'version', '1']) {
      const sql = `update identity.patient_gate set version = ${version} where person_id = $1`;
      const lowered = kit.test.database.query(role, sql, [person]);
      await expect(lowered).rejects.toMatchObject({ code: mayWrite ? '23001' : '42501' });
    }
    expect(await versions()).toEqual(before);
  });

  it('is not lowered by the owner of the table either', async () => {
    const lowered = kit.test.ownerQuery('update identity.patient_gate set version = version - 1 where version > 1');
    await expect(lowered).rejects.toMatchObject({ code: '23001' });
  });

  it('is unknown for a person who does not exist', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000' as PersonId;
    expect((await worker((tx) => kit.gates.versions(tx, [nobody]))).size).toBe(0);
  });
});
