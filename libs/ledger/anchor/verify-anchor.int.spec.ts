import { setTimeout as sleep } from 'node:timers/promises';
import { utf8 } from '@aceso/kernel';
import { ed25519PublicKey, ed25519Signer, sha256 } from '@aceso/platform';
import {
  anchorOf,
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  KEY_TYPE,
  parseCheckpoint,
  signCheckpoint,
  verifierKey,
} from '../domain';
import { anvilMissing, startAnvil, type Anvil } from '../testing/anvil';
import { AnchorChain } from './anchor-chain';
import { deployAnchor } from './deploy';
import { hexOf } from './node';
import { verifyAnchor, type AnchorQuestion, type AnchorReport } from './verify-anchor';

jest.setTimeout(60_000);

const ORIGIN = 'ledger.example.org/consent';
const SEED = new Uint8Array(32).fill(1);
const key = verifierKey({ name: ORIGIN, type: KEY_TYPE.ed25519, publicKey: ed25519PublicKey(SEED) }, sha256);
const policyText = `log ${formatVerifierKey(key)}\nquorum none\n`;

/** A signed checkpoint of a size whose root is that byte over and over. */
function signed(size: bigint, root = 1): Uint8Array {
  const text = formatCheckpoint({ origin: ORIGIN, size, root: new Uint8Array(32).fill(root), extensions: [] });
  return utf8(formatNote({ text, signatures: [signCheckpoint(text, key, ed25519Signer(SEED))] }));
}

const whereThereIsANode = anvilMissing('the contract in a real chain') ? describe.skip : describe;

whereThereIsANode('the contract in a real chain', () => {
  let node: Anvil;
  let contract: string;
  let chain: AnchorChain;
  const gas: Record<string, bigint> = {};

  beforeEach(async () => {
    node = await startAnvil();
    const deployed = await deployAnchor(node.url, node.key);
    ({ contract } = deployed);
    gas.deploy = deployed.gasUsed;
    chain = await AnchorChain.open({ rpcUrl: node.url, contract, finality: 'finalized' });
  });
  afterEach(() => node.stop());

  async function anchor(note: Uint8Array, privateKey = node.key): Promise<bigint> {
    const text = new TextDecoder().decode(note).split('\n\n')[0] + '\n';
    const prepared = await chain.prepare(anchorOf(parseCheckpoint(text), text, sha256), privateKey);
    await prepared.send();
    return (await minedReceipt(hexOf(prepared.transaction))).gasUsed;
  }

  /** The node mines a transaction some moments after it took it. */
  async function minedReceipt(transaction: string): Promise<{ gasUsed: bigint }> {
    for (let asked = 0; asked < 400; asked += 1) {
      const receipt = await node.request('eth_getTransactionReceipt', transaction);
      if (receipt !== null) return { gasUsed: BigInt((receipt as { gasUsed: string }).gasUsed) };
      await sleep(25);
    }
    throw new Error('the transaction was not mined in ten seconds');
  }

  const ask = (change: Partial<AnchorQuestion> = {}): Promise<AnchorReport> =>
    verifyAnchor({
      note: signed(5n),
      rpcUrl: node.url,
      contract,
      finality: 'finalized',
      fromBlock: 0n,
      policyText,
      ...change,
    });

  it('takes growing sizes from its owner only, for about the gas that the how-to guide states', async () => {
    gas.first = await anchor(signed(5n));
    gas.steady = await anchor(signed(9n, 2));
    expect(gas).toEqual({ deploy: 225_886n, first: 51_659n, steady: 34_559n });
    for (const size of [9n, 3n]) {
      await expect(anchor(signed(size))).rejects.toMatchObject({ code: 'ANCHOR_NODE_REFUSED' });
    }
    await expect(anchor(signed(11n), node.otherKey)).rejects.toMatchObject({ code: 'ANCHOR_NOT_OWNER' });
    expect(await chain.last()).toMatchObject({ lastSize: 9n });
  });

  it('reverts by itself, whatever the program checks before', async () => {
    await anchor(signed(5n));
    const call = (from: string, size: number): Promise<unknown> => {
      const words = [size, 0, 0].map((word) => word.toString(16).padStart(64, '0')).join('');
      return node.request('eth_call', { from, to: contract, data: `0x7494b1af${words}` }, 'latest');
    };
    await expect(call(OWNER, 6)).resolves.toBe('0x');
    await expect(call(OWNER, 5)).rejects.toThrow('0x489b1307'); // SizeNotLarger(uint64)
    await expect(call(STRANGER, 6)).rejects.toThrow('0x30cd7471'); // NotOwner()
  });

  it('works where transactions have one price and cost nothing, from an empty account', async () => {
    await node.stop();
    node = await startAnvil({ flags: ['--hardfork', 'berlin', '--gas-price', '0'] });
    await node.request('anvil_setBalance', OWNER, '0x0');
    ({ contract } = await deployAnchor(node.url, node.key));
    chain = await AnchorChain.open({ rpcUrl: node.url, contract, finality: 0 });
    await anchor(signed(5n));
    expect(await ask({ finality: 0 })).toMatchObject({ verdict: 'final' });
  });

  it('proves a checkpoint to an outsider once its block is final', async () => {
    expect(await ask()).toMatchObject({ verdict: 'absent', transaction: null, signaturesChecked: true });
    await anchor(signed(5n));
    expect(await ask()).toMatchObject({ verdict: 'pending', size: '5', origin: ORIGIN, blockNumber: '2' });
    expect(await ask({ finality: 0, policyText: undefined })).toMatchObject({
      verdict: 'final',
      signaturesChecked: false,
    });
    await node.request('anvil_mine', '0x46');
    expect(await ask()).toMatchObject({ verdict: 'final', chainId: '31337' });
  });

  it('contradicts a forked checkpoint of the same size', async () => {
    await anchor(signed(5n, 2));
    await expect(ask()).rejects.toMatchObject({ code: 'ANCHOR_CONTRADICTED' });
  });

  it('refuses what proves nothing: a foreign log, another contract, another chain, no node', async () => {
    const foreign = policyText.replace('log ledger.example.org/consent', 'log ledger.example.org/other');
    await expect(ask({ policyText: foreign })).rejects.toMatchObject({ code: 'VERIFIER_KEY_MALFORMED' });
    await expect(ask({ policyText: 'quorum none\n' })).rejects.toMatchObject({ code: 'LOG_NOT_TRUSTED' });
    await expect(ask({ note: utf8('x') })).rejects.toMatchObject({ code: 'NOTE_MALFORMED' });
    await expect(ask({ contract: OWNER })).rejects.toMatchObject({ code: 'ANCHOR_CONTRACT_UNKNOWN' });
    await expect(ask({ chainId: 1 })).rejects.toMatchObject({ code: 'ANCHOR_CHAIN_WRONG' });
    const url = node.url.replace('//', '//user:hunter2@');
    await node.stop();
    const refusal = (await ask({ rpcUrl: url }).catch((error: unknown) => error)) as Error;
    expect(refusal).toMatchObject({ code: 'ANCHOR_NODE_UNREACHABLE' });
    expect(refusal.message).not.toMatch(/hunter2|127/);
  });

  it('cannot be deployed from an empty account', async () => {
    await node.request('anvil_setBalance', OWNER, '0x1');
    await expect(deployAnchor(node.url, node.key)).rejects.toMatchObject({ code: 'ANCHOR_FUNDS_INSUFFICIENT' });
    const zero = `0x${'0'.repeat(64)}` as const;
    await expect(deployAnchor(node.url, zero)).rejects.toMatchObject({ code: 'ANCHOR_KEY_INVALID' });
  });
});

/** Accounts of the node's two keys. */
const OWNER = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const STRANGER = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
