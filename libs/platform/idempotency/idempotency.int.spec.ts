import { randomUUID } from 'node:crypto';
import { startTestDatabase, type TestDatabase } from '../testing';
import { IdempotencyService, type IdempotentCall } from './idempotency.service';

describe('idempotency', () => {
  const service = new IdempotencyService();
  let platform: TestDatabase;
  let runs = 0;

  beforeAll(async () => {
    platform = await startTestDatabase();
  }, 120_000);

  afterAll(() => platform.close());

  beforeEach(() => {
    runs = 0;
  });

  const call = (change: Partial<IdempotentCall> = {}): IdempotentCall => ({
    actorId: '7f0b7a0e-3a59-4c3e-9a53-1c1f5f3b9f10',
    operation: 'fundRequest',
    key: 'k',
    request: { id: 'r1', version: 1 },
    ...change,
  });

  const run = (
    given: IdempotentCall,
    answer: () => Promise<unknown> = async () => ({ run: ++runs }),
  ): Promise<unknown> => platform.database.transaction('api', (tx) => service.run(tx, given, answer));

  it('runs once and answers the same again, whatever the order of members', async () => {
    const key = randomUUID();
    await expect(run(call({ key }))).resolves.toEqual({ run: 1 });
    await expect(run(call({ key, request: { version: 1, id: 'r1' } }))).resolves.toEqual({ run: 1 });
    expect(runs).toBe(1);
  });

  it('answers nothing as null, both times', async () => {
    const key = randomUUID();
    for (let time = 0; time < 2; time++) await expect(run(call({ key }), async () => undefined)).resolves.toBeNull();
  });

  it('refuses another request under a used key, and does not run it', async () => {
    const key = randomUUID();
    await run(call({ key }));
    await expect(run(call({ key, request: { id: 'r2', version: 1 } }))).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect(runs).toBe(1);
  });

  it('keeps keys of parties and operations apart', async () => {
    const key = randomUUID();
    await run(call({ key }));
    await run(call({ key, actorId: randomUUID(), request: 'other' }));
    await run(call({ key, operation: 'requestPayout', request: 'other' }));
    expect(runs).toBe(3);
  });

  it('refuses a second call while the first one runs', async () => {
    const key = randomUUID();
    let inside: () => void = () => undefined;
    let finish: () => void = () => undefined;
    const entered = new Promise<void>((resolve) => (inside = resolve));
    const held = new Promise<void>((resolve) => (finish = resolve));
    const first = run(call({ key }), async () => {
      inside();
      await held;
      return 'first';
    });
    await entered;
    await expect(run(call({ key }))).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS' });
    finish();
    await expect(first).resolves.toBe('first');
    await expect(run(call({ key }))).resolves.toBe('first');
    expect(runs).toBe(0);
  });

  it('lets a refused call try again: nothing of it stays', async () => {
    const key = randomUUID();
    const refused = run(call({ key }), () => Promise.reject(new Error('refused')));
    await expect(refused).rejects.toThrow('refused');
    await expect(run(call({ key }))).resolves.toEqual({ run: 1 });
  });

  it.each(['', 'x'.repeat(256)])('refuses a key of this length (%#)', async (key) => {
    await expect(run(call({ key }))).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_INVALID' });
  });

  it('forgets old keys, by the worker', async () => {
    const key = randomUUID();
    await run(call({ key }));
    await platform.ownerQuery(
      `update platform.idempotency set created_at = now() - interval '31 days' where key = $1`,
      [key],
    );
    await expect(platform.database.transaction('worker', (tx) => service.forget(tx))).resolves.toBe(1);
    await run(call({ key }));
    expect(runs).toBe(2);
  });
});
