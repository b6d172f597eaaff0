import { openIdentityKit, type IdentityKit } from '@aceso/identity/testing';
import { FactCheck, type FactCheckReport } from './fact-check';
import { FactMerge } from './fact-merge';
import { boundPatient, ndjson, RegisterKit } from './testing';

jest.setTimeout(60_000);

let identity: IdentityKit;
let kit: RegisterKit;

beforeAll(async () => {
  identity = await openIdentityKit();
  kit = new RegisterKit(identity.test);
}, 120_000);
afterAll(() => identity.test.close());

async function check(): Promise<Partial<FactCheckReport>> {
  let last: FactCheckReport | undefined;
  for await (const report of new FactCheck(identity.test.database, kit.index).run()) last = { ...report };
  return Object.fromEntries(Object.entries(last ?? {}).filter(([, count]) => count !== 0));
}
const merge = async (): Promise<void> => {
  for await (const merged of new FactMerge(identity.test.database).mergeAll())
    expect(merged.persons).toBeGreaterThan(0);
};

it('agrees with the segments before and after a merge, and says what differs', async () => {
  const amina = await boundPatient(identity, kit);
  await boundPatient(identity, kit);
  expect(await check()).toEqual({ persons: 2, facts: 4 });
  await merge();
  expect(await check()).toEqual({ persons: 2, facts: 4 });

  // Catalogues count by what persons are said to have, without a look at facts.
  const cover = (set: string) =>
    identity.test.ownerQuery(
      `update facts.coverage set ${set}
        where index_no = (select index_no from register.person_index where person_id = $1)`,
      [amina.actor.personId],
    );
  await cover(`kinds = '{condition,observation}'`);
  expect(await check()).toEqual({ persons: 2, facts: 4, different: 1, miscovered: 1 });
  await kit.index.rebuild(amina.actor.personId!);
  expect(await check()).toEqual({ persons: 2, facts: 4 });
  await cover('first_year = 1999');
  expect(await check()).toEqual({ persons: 2, facts: 4, different: 1, miscovered: 1 });
  await identity.test.ownerQuery('delete from facts.coverage');
  expect(await check()).toEqual({ persons: 2, facts: 4, different: 2, miscovered: 2 });
  for (const personId of await kit.index.persons()) await kit.index.rebuild(personId);
  expect(await check()).toEqual({ persons: 2, facts: 4 });
  await merge();
  expect(await check()).toEqual({ persons: 2, facts: 4 });

  const row = `insert into facts.fact (index_no, kind, system, code)
    select index_no, 'condition', 's', 'c' from register.person_index where person_id = $1`;
  await identity.test.ownerQuery(row, [amina.actor.personId]);
  expect(await check()).toEqual({ persons: 2, facts: 5, different: 1, surplus: 1 });
  await identity.test.ownerQuery('delete from facts.block');
  expect(await check()).toEqual({ persons: 2, facts: 1, different: 2, missing: 4, surplus: 1 });

  for (const personId of await kit.index.persons()) await kit.index.rebuild(personId);
  await merge();
  expect(await check()).toEqual({ persons: 2, facts: 4 });

  const [provider] = amina.providers;
  const more = { resourceType: 'Condition', id: 'd', subject: { reference: 'Patient/a' } };
  const code = { coding: [{ system: 's', code: 'c' }] };
  await kit.ingest(provider!.actor.partyId, ndjson({ ...more, code, onsetDateTime: '2015-03-01' }));
  expect(await check()).toEqual({ persons: 1, facts: 2, waiting: 1 });
  await kit.index.rebuild(amina.actor.personId!);
  expect(await check()).toEqual({ persons: 2, facts: 5 });
});
