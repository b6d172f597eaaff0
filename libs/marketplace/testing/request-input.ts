import type { RequestInput } from '../domain';

/** An X25519 recipient of nobody, in the right form. */
export const AGE_KEY = `age1${'q'.repeat(58)}`;

/** A request that is accepted; `changes` disagree with it. */
export function requestInput(changes: Partial<RequestInput> = {}): RequestInput {
  return {
    purpose: 'Does early treatment of type 2 diabetes change its course?',
    criteria: { version: 1, all: [{ age: { min: 40 } }] },
    fields: ['Patient', 'Condition', 'Observation'],
    policy: 'expert-1',
    k: 5,
    recipientAgeKey: AGE_KEY,
    country: 'AT',
    termMonths: 12,
    unitMinor: 1000,
    ...changes,
  };
}
