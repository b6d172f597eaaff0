import { AccessDecision, noData, REFUSAL_STEP_MS, untilStep } from './access-decision';

it.each([0, 1, 7, REFUSAL_STEP_MS - 1, REFUSAL_STEP_MS, REFUSAL_STEP_MS + 1, 10 * REFUSAL_STEP_MS + 3])(
  'a refusal that took %p milliseconds is answered at a whole number of steps',
  (elapsed) => {
    const wait = untilStep(elapsed);
    expect((elapsed + wait) % REFUSAL_STEP_MS).toBe(0);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(REFUSAL_STEP_MS);
  },
);

it('waits a whole step where the clock went backwards', () => {
  expect(untilStep(-5)).toBe(REFUSAL_STEP_MS);
});

it('answers at a step also where a record is there and nothing of it may be seen', async () => {
  const decisions = new AccessDecision(null as never, null as never, { now: Date.now } as never);
  const asked = performance.now();
  await expect(decisions.answering(() => Promise.reject(noData()))).rejects.toMatchObject({ code: 'NO_DATA' });
  expect(performance.now() - asked).toBeGreaterThan(REFUSAL_STEP_MS - 20);
});
