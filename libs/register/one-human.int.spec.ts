import { openIdentityKit, type IdentityKit, type Member } from '@aceso/identity/testing';
import type { SourceRecordId } from '@aceso/kernel';

import { ndjson, RegisterKit } from './testing';

const typed = (code: string, value: string) => ({
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
  system: `urn:${code}`,
  value,
});

/** One human whom several providers hold, bound under several keys. */
describe('a human with several keys', () => {
  let identity: IdentityKit;
  let kit: RegisterKit;
  let humans = 0;
  beforeAll(async () => {
    identity = await openIdentityKit();
    kit = new RegisterKit(identity.test);
  });
  afterAll(() => identity.test.close());

  interface Held {
    readonly id: SourceRecordId;
    readonly provider: Member;
  }

  /** A record of a provider of its own with these identifiers; two in common are enough. */
  async function held(human: number, ...codes: string[]): Promise<Held> {
    const provider = await identity.member('provider');
    const identifier = codes.map((code) => typed(code, `${code}-77-${human}`));
    const patient = { resourceType: 'Patient', id: 'a', birthDate: '1980-02-29', identifier };
    await kit.ingest(provider.actor.partyId, ndjson(patient));
    const id = await kit.sourceRecord(provider.actor.partyId, 'a');
    identity.records.holders.set(id, provider.actor.partyId);
    return { id, provider };
  }

  async function bind(member: Member, { id, provider }: Held): Promise<void> {
    const code = `CODE-${identity.test.runtime.uuid()}`;
    const attestation = await identity.attest(provider, id, code);
    await identity.bindings.bind(member.actor, member.client.binding(id, attestation), code);
  }
  const patients = async (count: number) =>
    Promise.all(Array.from({ length: count }, () => identity.member('patient')));
  const end = ({ id }: Held) =>
    identity.test.ownerQuery('update identity.binding set ended_at = now() where source_record_id = $1', [id]);
  const repeated = async (...members: readonly Member[]) => {
    const rows = await identity.test.database.query<{ id: string }>(
      'worker',
      'select person_id as id from register.repeated_person',
    );
    return members.map(({ actor }) => rows.some(({ id }) => id === actor.personId));
  };

  it('counts as the person that was bound first', async () => {
    const human = (humans += 1);
    const [one, two] = [await held(human, 'SS', 'DL'), await held(human, 'SS', 'DL')];
    const [first, second] = (await patients(2)) as [Member, Member];
    await bind(first, two);
    expect(await repeated(first, second)).toEqual([false, false]);
    await bind(second, one);
    expect(await repeated(first, second)).toEqual([false, true]);
  });

  it('is found out when the link comes after the bindings', async () => {
    const human = (humans += 1);
    const [first, second] = (await patients(2)) as [Member, Member];
    const one = await held(human, 'SS', 'DL');
    await bind(first, one);
    // Known by one number only at first: a proposal, which joins nobody.
    const two = await held(human, 'SS');
    await bind(second, two);
    expect(await repeated(first, second)).toEqual([false, false]);
    const whole = { resourceType: 'Patient', id: 'a', birthDate: '1980-02-29' };
    const identifier = ['SS', 'DL'].map((code) => typed(code, `${code}-77-${human}`));
    await kit.ingest(two.provider.actor.partyId, ndjson({ ...whole, identifier }));
    expect(await repeated(first, second)).toEqual([false, true]);
  });

  it('is one through records that nobody has bound, and in whatever order they are bound', async () => {
    const human = (humans += 1);
    const [one, two] = [await held(human, 'SS', 'DL'), await held(human, 'PPN', 'NI')];
    const [first, second, third] = (await patients(3)) as [Member, Member, Member];
    await bind(first, one);
    await bind(second, two);
    expect(await repeated(first, second)).toEqual([false, false]);
    const between = await held(human, 'SS', 'DL', 'PPN', 'NI');
    expect(await repeated(first, second)).toEqual([false, true]);
    await bind(third, between);
    expect(await repeated(first, second, third)).toEqual([false, true, true]);
  });

  it('is several again when what joined them has gone', async () => {
    const human = (humans += 1);
    const [one, two] = [await held(human, 'SS', 'DL'), await held(human, 'SS', 'DL')];
    const [first, second] = (await patients(2)) as [Member, Member];
    await bind(first, one);
    await bind(second, two);
    await end(one);
    expect(await repeated(first, second)).toEqual([false, false]);
    await bind(first, one);
    expect(await repeated(first, second)).toEqual([true, false]);
    await identity.test.ownerQuery(
      `update register.link set state = 'proposed' where $1 in (first_source_record_id, second_source_record_id)`,
      [one.id],
    );
    expect(await repeated(first, second)).toEqual([false, false]);
  });

  it('is one person when one key holds all the records', async () => {
    const human = (humans += 1);
    const [one, two] = [await held(human, 'SS', 'DL'), await held(human, 'SS', 'DL')];
    const [only] = (await patients(1)) as [Member];
    await bind(only, one);
    await bind(only, two);
    expect(await repeated(only)).toEqual([false]);
  });

  it('is one when all keys bind at once', async () => {
    const human = (humans += 1);
    const records: Held[] = [];
    for (let n = 0; n < 5; n += 1) records.push(await held(human, 'SS', 'DL'));
    const members = await patients(5);
    await Promise.all(members.map((member, n) => bind(member, records[n]!)));
    expect((await repeated(...members)).filter((is) => !is)).toHaveLength(1);
  });

  it('is told to nobody: role api may read the rows, and none of them names another person', async () => {
    const columns = await identity.test.database.query('api', 'select * from register.repeated_person limit 1');
    expect(Object.keys(columns[0] as object)).toEqual(['person_id']);
    for (const role of ['api', 'worker', 'index'] as const) {
      for (const sql of ['delete from register.repeated_person', `select register.tell_apart('{}')`]) {
        await expect(identity.test.database.query(role, sql)).rejects.toThrow('permission denied');
      }
    }
  });
});
