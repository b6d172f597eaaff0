import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import type { PartyId } from '@aceso/kernel';
import type { Database, Tx } from '@aceso/platform';

import { addProvider, ndjson, RegisterKit } from '../testing';
import { RUN_LIMITS } from './run-context';

/** Everything is stored at once and forgotten at once, as in a file that is far larger than memory. */
const LIMITS = { ...RUN_LIMITS, pendingBytesMax: 0, pendingBytesLow: 0, versionsMax: 0 };

class Killed extends Error {}

const patient = (id: string) => ({ resourceType: 'Patient', id });
const condition = (id: string, patientId: string, version = 1) => ({
  resourceType: 'Condition',
  id,
  subject: { reference: `Patient/${patientId}` },
  note: [{ text: `version ${version}` }],
});
/** Blank lines, as many as fill a batch. */
const batch = Array.from({ length: 4_000 }, () => '');

describe('an ingest that is killed', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await startTestDatabase();
  });
  afterAll(() => db.close());

  const earlier = ndjson(condition('w', 'late'), condition('x', 'late'));
  const file = ndjson(
    patient('a'),
    condition('c1', 'a'),
    condition('l1', 'late'),
    ...batch,
    patient('b'),
    condition('b1', 'b'),
    ...batch,
    patient('late'),
    condition('l1', 'late', 2),
    condition('c1', 'a', 2),
    patient('a'),
    condition('c1', 'a', 2),
    condition('n', 'nobody'),
    { resourceType: 'Nothing', id: 'n' },
  );

  /** A kit whose process dies at the n-th transaction: before it commits, or right after. */
  function dyingKit(dieAt: number, when: 'before' | 'after'): { kit: RegisterKit; count: () => number } {
    let transactions = 0;
    const database = new Proxy(db.database, {
      get(target, name) {
        if (name !== 'transaction') return (target[name as keyof Database] as () => unknown).bind(target);
        return async (role: 'worker', use: (tx: Tx) => Promise<unknown>) => {
          const number = ++transactions;
          if (number > dieAt) throw new Killed();
          const result = await target.transaction(role, async (tx) => {
            const done = await use(tx);
            if (number === dieAt && when === 'before') throw new Killed();
            return done;
          });
          if (number === dieAt) throw new Killed();
          return result;
        };
      },
    }) as Database;
    return { kit: new RegisterKit({ ...db, database }, LIMITS), count: () => transactions };
  }

  /** What stands in the register of a provider, apart from how it was cut into segments. */
  async function stateOf(kit: RegisterKit, provider: PartyId, ingestId: string) {
    const { totals, state } = await kit.find(provider, ingestId);
    const records = await db.ownerQuery<{ lines: number; head: boolean }>(
      `select coalesce(sum(octet_length(versions) / 32), 0)::int as lines,
         coalesce(max(s.sequence), 0) = r.head_sequence and count(*) = r.head_sequence as head
       from register.source_record r left join register.segment s on s.source_record_id = r.id
       where r.provider_id = $1 group by r.id order by 1`,
      [provider],
    );
    const [rest] = await db.ownerQuery(
      `select (select count(*)::int from register.quarantine where provider_id = $1) as waiting,
         (select recovered from register.ingest where id = $2) as recovered,
         (select array_agg(placed_later order by number) from register.ingest where provider_id = $1) as "placedLater",
         (select array_agg(state order by number) from register.ingest where provider_id = $1) as states`,
      [provider, ingestId],
    );
    const findings = await kit.findings(provider, ingestId);
    return { state, totals, records, rest, findings: findings.filter(({ code }) => code !== 'BLANK_LINE') };
  }

  async function prepared(kit: RegisterKit): Promise<{ provider: PartyId; ingestId: string }> {
    const provider = await addProvider(db);
    await kit.ingest(provider, earlier);
    return { provider, ingestId: await kit.send(provider, file) };
  }

  it('comes to the same end wherever it was killed', async () => {
    const kit = new RegisterKit(db, LIMITS);
    const whole = await prepared(kit);
    await kit.ingests.run(whole.ingestId);
    const expected = await stateOf(kit, whole.provider, whole.ingestId);
    expect(expected).toMatchObject({
      totals: { resources: { accepted: 8, unchanged: 2, quarantined: 1, refused: 1 } },
      records: [{ lines: 2 }, { lines: 3 }, { lines: 5 }].map((record) => ({ ...record, head: true })),
      rest: { waiting: 1, recovered: 2, placedLater: [2, 0] },
    });
    for (const when of ['before', 'after'] as const) {
      for (let dieAt = 1; ; dieAt++) {
        const { provider, ingestId } = await prepared(kit);
        const { kit: dying, count } = dyingKit(dieAt, when);
        const ended = await dying.ingests.run(ingestId).catch((error: unknown) => error);
        if (!(ended instanceof Killed)) {
          expect(ended).toBe('finished');
          expect(count()).toBeGreaterThan(6);
          break;
        }
        expect(await kit.ingests.run(ingestId)).toBe('finished');
        expect({ dieAt, when, ...(await stateOf(kit, provider, ingestId)) }).toEqual({ dieAt, when, ...expected });
      }
    }
  }, 240_000);

  it('cannot write any more once another run has begun', async () => {
    const kit = new RegisterKit(db, LIMITS);
    const { provider, ingestId } = await prepared(kit);
    const outcomes = await Promise.allSettled([kit.ingests.run(ingestId), kit.ingests.run(ingestId)]);
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []));
    for (const reason of reasons) expect(reason).toMatchObject({ code: 'INGEST_TAKEN_OVER' });
    expect(reasons.length).toBeLessThan(2);
    await kit.ingests.run(ingestId);
    const { records, totals } = await stateOf(kit, provider, ingestId);
    expect(records.map(({ lines }) => lines)).toEqual([2, 3, 5]);
    expect(totals?.resources.accepted).toBe(8);
  });
});
