import fc from 'fast-check';
import { openIdentityKit, type Member } from '@aceso/identity/testing';
import type { PersonId } from '@aceso/kernel';
import { insertRules } from './data/permission-rows';
import { decidePermission, type NumberedRule, type PermissionQuestion } from './domain';
import { ConsentKit, randomQuestion, randomRules, type RandomParties } from './testing';

jest.setTimeout(180_000);

const PERSONS = 500;
const ROUNDS = 20;
const QUESTIONS_A_ROUND = 8;
const RULES_MAX = 8;

/** The set-based twin answers as `decidePermission` does: 10,000 random rule sets, each asked several questions. */
describe('the twin of the decision', () => {
  let kit: ConsentKit;
  let parties: RandomParties;
  let persons: PersonId[];

  beforeAll(async () => {
    kit = new ConsentKit(await openIdentityKit());
    const ids = async (role: Parameters<typeof kit.identity.member>[0]): Promise<string[]> => {
      const members: Member[] = [await kit.identity.member(role), await kit.identity.member(role)];
      return members.map(({ actor }) => actor.partyId);
    };
    parties = {
      providers: await ids('provider'),
      centers: await ids('researcher'),
      physicians: await ids('physician'),
    };
    persons = await insertPersons(kit);
  });
  afterAll(() => kit.identity.test.close());

  /** Writes rows as the service does, for everybody at once. */
  async function write(sets: readonly (readonly NumberedRule[])[]): Promise<void> {
    const { ownerQuery } = kit.identity.test;
    await ownerQuery('truncate consent.permission_rule');
    const rows = sets.flatMap((rules, at) => rules.map((rule) => ({ ...rule, personId: persons[at] as PersonId })));
    await insertRules({ execute: async (sql, params) => (await ownerQuery(sql, params), rows.length) }, rows);
  }

  it('agrees on effect, rule and whether something is left out', async () => {
    const seen = new Map<string, number>();
    const samples = { sets: randomRules(parties, RULES_MAX), asked: randomQuestion(parties, 'any') };
    for (let round = 0; round < ROUNDS; round += 1) {
      const sets = fc.sample(samples.sets, PERSONS);
      await write(sets);
      for (const question of fc.sample(samples.asked, QUESTIONS_A_ROUND)) {
        for (const [effect, count] of await compare(sets, question)) seen.set(effect, (seen.get(effect) ?? 0) + count);
      }
    }
    for (const effect of ['permit', 'permit in part', 'deny', 'abstain']) expect(seen.get(effect)).toBeGreaterThan(500);
  });

  async function compare(
    sets: readonly (readonly NumberedRule[])[],
    question: PermissionQuestion,
  ): Promise<Map<string, number>> {
    const unruled = question.purpose === 'research' ? 'permit' : 'deny';
    const rows = await kit.worker((tx) => kit.permissions.decideForAll(tx, question, { unruled }));
    const answers = new Map(rows.map((row) => [row.personId, row]));
    const counts = new Map<string, number>();
    const expected = sets.map((rules) => {
      const decision = decidePermission(rules, question, { authorsRead: false, unruled });
      const name = decision.obligations.length > 0 ? 'permit in part' : decision.effect;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return { effect: decision.effect, rule: decision.rule?.number ?? null, inPart: decision.obligations.length > 0 };
    });
    const given = persons.map((personId) => {
      const { effect, rule, inPart } = answers.get(personId) ?? { effect: unruled, rule: null, inPart: false };
      return { effect, rule, inPart };
    });
    expect({ question, given }).toEqual({ question, given: expected });
    return counts;
  }
});

/** Patients with a set of rules each, as their owners would have made them; rules name nothing of them. */
async function insertPersons({ identity: { test } }: ConsentKit): Promise<PersonId[]> {
  await test.ownerQuery(
    `with made as (
       insert into identity.party (id, did, role, registered_at)
       select gen_random_uuid(), 'did:key:z6MkTwin' || translate(n::text, '0', 'x'), 'patient', now() from generate_series(1, ${PERSONS}) n
       returning id, did
     ), key as (insert into identity.party_key (did, party_id, added_at) select did, id, now() from made),
     patient as (
       insert into identity.patient (party_id, person_id) select id, gen_random_uuid() from made returning party_id, person_id
     ), statement as (
       insert into identity.statement (digest, party_id, did, jti, typ, text, accepted_at)
       select sha256(did::bytea), id, did, gen_random_uuid(), 'aceso/permission-rules/v1', '{}', now() from made
       returning digest, party_id
     )
     insert into consent.permission_set (person_id, statement_digest, recorded_at)
     select person_id, digest, now() from patient join statement using (party_id)`,
  );
  const rows = await test.ownerQuery<{ id: PersonId }>('select person_id as id from consent.permission_set order by 1');
  return rows.map(({ id }) => id);
}
