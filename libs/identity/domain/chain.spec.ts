import { checkChain, EMPTY_CHAIN } from './chain';

const first = 'a'.repeat(64);
const second = 'b'.repeat(64);

describe('the chain of statements', () => {
  it('begins with 1 and nothing before', () => {
    expect(() => checkChain(EMPTY_CHAIN, { seq: 1, prev: null })).not.toThrow();
    expect(() => checkChain({ sequence: 1, digest: first }, { seq: 2, prev: first })).not.toThrow();
  });

  it.each([
    ['repeats a number', { sequence: 1, digest: first }, { seq: 1, prev: first }, 'SEQUENCE_MISMATCH'],
    ['leaves one out', { sequence: 1, digest: first }, { seq: 3, prev: first }, 'SEQUENCE_MISMATCH'],
    ['starts anew', { sequence: 1, digest: first }, { seq: 1, prev: null }, 'SEQUENCE_MISMATCH'],
    ['forgets what came before', { sequence: 1, digest: first }, { seq: 2, prev: null }, 'PREVIOUS_MISMATCH'],
    ['follows another statement', { sequence: 1, digest: first }, { seq: 2, prev: second }, 'PREVIOUS_MISMATCH'],
    ['claims something before the first', EMPTY_CHAIN, { seq: 1, prev: first }, 'PREVIOUS_MISMATCH'],
  ])('refuses a statement that %s', (_, head, claims, code) => {
    expect(() => checkChain(head, claims)).toThrow(expect.objectContaining({ code }));
  });
});
