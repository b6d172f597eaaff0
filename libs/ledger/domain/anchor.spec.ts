import { sha256 } from '@aceso/platform';
import {
  anchorOf,
  LOST_AFTER_MS,
  nextStep,
  standingOf,
  stateOfUnseen,
  type AnchorEvent,
  type ContractState,
  type Ours,
} from './anchor';

const bytes = (value: number): Uint8Array => new Uint8Array(32).fill(value);
const anchor = { size: 7n, root: bytes(1), checkpointHash: bytes(2) };
const event: AnchorEvent = { ...anchor, transaction: bytes(3), blockNumber: 10n, blockHash: bytes(4) };

it('hashes the text of the checkpoint, as the header of the next block does', () => {
  const text = 'ledger.example.org/consent\n5\nh9UMXqS06cZqY1DcnPgMhWQabcLU6G++7tynUvpM20w=\n';
  const { checkpointHash, ...rest } = anchorOf({ size: 5n, root: bytes(1) }, text, sha256);
  expect(rest).toEqual({ size: 5n, root: bytes(1) });
  expect(Buffer.from(checkpointHash).toString('hex')).toBe(
    'd55aaa8ed9077d90b5337e39918b9ca9f88cbb94af73eda910721f4d464eff71',
  );
});

describe('an anchor in the chain', () => {
  it.each([
    ['absent without an event', undefined, 20n, undefined, 'absent'],
    ['pending above the final block', event, 9n, undefined, 'pending'],
    ['final at the final block, with the hash it was found under', event, 10n, bytes(4), 'final'],
    ['pending where the block has another hash by now', event, 20n, bytes(5), 'pending'],
    ['pending while nobody asked for the hash again', event, 20n, undefined, 'pending'],
  ] as const)('is %s', (_, found, finalBlock, blockHash, standing) => {
    expect(standingOf(anchor, { event: found, finalBlock, blockHash })).toBe(standing);
  });

  it.each([
    ['root', { ...event, root: bytes(9) }],
    ['checkpoint hash', { ...event, checkpointHash: bytes(9) }],
  ])('with another %s is a contradiction, final or not', (_, found) => {
    const contradiction = expect.objectContaining({ code: 'ANCHOR_CONTRADICTED' });
    expect(() => standingOf(anchor, { event: found, finalBlock: 0n, blockHash: undefined })).toThrow(contradiction);
    expect(() => standingOf(anchor, { event: found, finalBlock: 20n, blockHash: bytes(4) })).toThrow(contradiction);
  });

  it('that the chain does not show is lost once it had its time and the node does not keep it', () => {
    expect(stateOfUnseen({ milliseconds: LOST_AFTER_MS - 1, queued: false })).toBe('pending');
    expect(stateOfUnseen({ milliseconds: LOST_AFTER_MS, queued: false })).toBe('lost');
    expect(stateOfUnseen({ milliseconds: 1_000 * LOST_AFTER_MS, queued: true })).toBe('pending');
  });
});

describe('the next step', () => {
  const nothing: ContractState = { lastSize: 0n, lastRoot: bytes(0), ourRoot: undefined };
  const holds = (size: bigint): ContractState => ({ lastSize: size, lastRoot: bytes(1), ourRoot: bytes(1) });
  const sent = (size: bigint, state: 'pending' | 'final' | 'lost'): Ours['newest'] => ({ ...anchor, size, state });
  const published = { ...anchor, size: 9n };
  const ours = (change: Partial<Ours>): Ours => ({ newest: undefined, published, due: true, ...change });

  it.each([
    ['the first checkpoint is sent', ours({}), nothing, ['send', 9n]],
    ['nothing is sent before there is a checkpoint', ours({ published: undefined }), nothing, undefined],
    ['nothing is sent before it is time', ours({ newest: sent(7n, 'final'), due: false }), holds(7n), undefined],
    ['a larger checkpoint is sent when it is time', ours({ newest: sent(7n, 'final') }), holds(7n), ['send', 9n]],
    ['the same checkpoint is not sent again', ours({ newest: sent(9n, 'final') }), holds(9n), undefined],
    ['one is on its way at a time', ours({ newest: sent(7n, 'pending') }), nothing, undefined],
    ['what was lost is sent again at once', ours({ newest: sent(7n, 'lost'), due: false }), nothing, ['send', 7n]],
    ['what seemed lost and arrived is entered', ours({ newest: sent(7n, 'lost') }), holds(7n), ['enter', 7n]],
    ['what was overtaken is given up', ours({ newest: sent(7n, 'lost') }), holds(8n), ['send', 9n]],
    ['what our rows lack is entered', ours({ newest: sent(7n, 'final') }), holds(9n), ['enter', 9n]],
    ['a smaller checkpoint is never sent', ours({}), holds(11n), undefined],
    ['a final anchor that the chain lost is sent again', ours({ newest: sent(9n, 'final') }), nothing, ['send', 9n]],
  ] as const)('%s', (_, state, contract, expected) => {
    const next = nextStep(state, contract);
    expect(next && [next.step, next.anchor.size]).toEqual(expected);
  });

  it.each([
    ['a size that is no block of ours', undefined],
    ['another root', bytes(9)],
  ])('is none while the contract remembers %s', (_, ourRoot) => {
    for (const newest of [undefined, sent(7n, 'lost'), sent(7n, 'final')]) {
      expect(() => nextStep(ours({ newest }), { ...holds(8n), ourRoot })).toThrow(
        expect.objectContaining({ code: 'ANCHOR_CONTRADICTED' }),
      );
    }
  });
});
