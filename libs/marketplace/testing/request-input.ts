import type { RequestInput, UseInput } from '../domain';

/** An X25519 recipient of nobody, in the right form. */
export const AGE_KEY = `age1${'q'.repeat(58)}`;

/** The use of that request in codes. */
export function useInput(changes: Partial<UseInput> = {}): UseInput {
  return {
    research: ['DUO:0000007'],
    methods: false,
    diseases: ['MONDO:0005148'],
    topics: [],
    commercial: false,
    countries: [],
    pledges: ['no-reidentification'],
    ...changes,
  };
}

/** A request that is accepted; `changes` disagree with it. */
export function requestInput(changes: Partial<RequestInput> = {}): RequestInput {
  return {
    purpose: 'Does early treatment of type 2 diabetes change its course?',
    use: useInput(),
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
