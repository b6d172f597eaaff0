import { randomUUID } from 'node:crypto';
import { asId, type PartyId } from '@aceso/kernel';
import { Runtime } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { RefusalEvents, REFUSALS_A_MINUTE_MAX } from './refusal-events';
import { createAudit } from './testing';

let test: TestDatabase;
let refusals: RefusalEvents;
let nowMs = 1_700_000_000_000;

beforeAll(async () => {
  test = await startTestDatabase();
  refusals = new RefusalEvents(test.database, createAudit(test).audit, new Runtime({ clock: () => nowMs }));
}, 120_000);
afterAll(() => test.close());

const refuse = (actorId: PartyId) => refusals.record({ actorId, act: 'query.order', reason: 'NOT_FOUND' });
const eventsOf = (actorId: PartyId) =>
  test.ownerQuery<{ detail: object | null }>(
    `select act, outcome, reason, subject_id, object_id, detail from audit.access_event where actor_id = $1 order by seq`,
    [actorId],
  );

it('is an access event with actor, act and code, and nothing of what was asked for', async () => {
  const actor = asId<'Party'>(randomUUID());
  await refuse(actor);
  const blank = { subject_id: null, object_id: null, detail: null };
  expect(await eventsOf(actor)).toEqual([{ act: 'query.order', outcome: 'refused', reason: 'NOT_FOUND', ...blank }]);
});

it('is recorded so often in a minute, and the last one says that more are left out', async () => {
  const [eager, calm] = [asId<'Party'>(randomUUID()), asId<'Party'>(randomUUID())];
  for (let at = 0; at < REFUSALS_A_MINUTE_MAX + 5; at++) await refuse(eager);
  await refuse(calm);
  const events = await eventsOf(eager);
  expect(events).toHaveLength(REFUSALS_A_MINUTE_MAX);
  expect(events.map(({ detail }) => detail).filter((detail) => detail !== null)).toEqual([{ furtherLeftOut: true }]);
  expect(events.at(-1)?.detail).not.toBeNull();
  expect(await eventsOf(calm)).toHaveLength(1);
  nowMs += 60_000;
  await refuse(eager);
  expect(await eventsOf(eager)).toHaveLength(REFUSALS_A_MINUTE_MAX + 1);
});
