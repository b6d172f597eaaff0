import type { Hex, PrivateKeyAccount } from 'viem';
import type { Finality } from '@aceso/platform';
import { LedgerError, type Anchor, type AnchorEvent, type Sighting } from '../domain';
import { toAnchorError } from './chain-errors';
import { LEDGER_ANCHOR } from './contract/ledger-anchor';
import {
  accountOf,
  ask,
  bytesOf,
  connect,
  currentFees,
  hexOf,
  offer,
  queuedFees,
  replacingFees,
  requireFunds,
  type Node,
} from './node';

/** Gas that a transaction may use, as a multiple of the estimate: a reorganisation may make the same write dearer. */
const GAS_MARGIN = 2n;

export interface ChainOptions {
  readonly rpcUrl: string;
  /** Address of the contract, 0x and 40 digits in lower case. */
  readonly contract: string;
  readonly finality: Finality;
  /** The chain that the node must serve; any when undefined. */
  readonly chainId?: number | undefined;
}

/** A transaction that is signed and not sent. */
export interface PreparedAnchor {
  readonly transaction: Uint8Array;
  /** The newest block before it. */
  readonly afterBlock: bigint;
  send(): Promise<void>;
}

/** The contract on its chain, through one node. Every failure is an ANCHOR_… refusal. */
export class AnchorChain {
  private readonly contract: { readonly address: Hex; readonly abi: typeof LEDGER_ANCHOR.abi };

  private constructor(
    private readonly node: Node,
    private readonly options: ChainOptions,
    readonly chainId: bigint,
  ) {
    this.contract = { address: options.contract as Hex, abi: LEDGER_ANCHOR.abi };
  }

  /** Connects, and refuses another chain (ANCHOR_CHAIN_WRONG) or another contract (ANCHOR_CONTRACT_UNKNOWN). */
  static open(options: ChainOptions): Promise<AnchorChain> {
    return ask(async () => {
      const node = await connect(options.rpcUrl);
      const chainId = await node.getChainId();
      if (options.chainId !== undefined && chainId !== options.chainId) {
        throw new LedgerError('ANCHOR_CHAIN_WRONG', `the node serves chain ${chainId}, expected ${options.chainId}`);
      }
      if ((await node.getCode({ address: options.contract as Hex })) !== LEDGER_ANCHOR.deployedBytecode) {
        throw new LedgerError('ANCHOR_CONTRACT_UNKNOWN', 'the code at the address is not that of LedgerAnchor');
      }
      return new AnchorChain(node, options, BigInt(chainId));
    });
  }

  /** Size and root that the contract took last; 0 and 32 zero bytes before the first. */
  last(): Promise<{ lastSize: bigint; lastRoot: Uint8Array }> {
    return ask(async () => {
      const blockNumber = await this.node.getBlockNumber();
      const lastSize = await this.node.readContract({ ...this.contract, functionName: 'lastSize', blockNumber });
      const lastRoot = await this.node.readContract({ ...this.contract, functionName: 'lastRoot', blockNumber });
      return { lastSize, lastRoot: bytesOf(lastRoot) };
    });
  }

  /** What the chain shows of a size, from a block on. */
  sight(size: bigint, fromBlock: bigint): Promise<Sighting> {
    return ask(async () => {
      const finalBlock = await this.finalBlock();
      const [log] = await this.node.getContractEvents({
        ...this.contract,
        eventName: 'Anchored',
        args: { size },
        fromBlock: fromBlock > 0n ? fromBlock : 0n,
        strict: true,
      });
      if (log === undefined) return { event: undefined, finalBlock, blockHash: undefined };
      const event: AnchorEvent = {
        size,
        root: bytesOf(log.args.root),
        checkpointHash: bytesOf(log.args.checkpointHash),
        transaction: bytesOf(log.transactionHash),
        blockNumber: log.blockNumber,
        blockHash: bytesOf(log.blockHash),
      };
      return { event, finalBlock, blockHash: await this.hashOf(event.blockNumber, finalBlock) };
    });
  }

  /** Whether the node keeps a transaction for a later block, and it offers no less than blocks cost now. */
  isQueued(transaction: Uint8Array): Promise<boolean> {
    return ask(async () => {
      const queued = await queuedFees(this.node, transaction);
      return queued !== undefined && offer(queued) >= offer(await currentFees(this.node));
    });
  }

  /**
   * Signs the transaction that anchors. It takes the place of whatever the account has in the queue, offering more than
   * `replaced` does: one anchor is on its way at a time. Throws ANCHOR_NOT_OWNER or ANCHOR_FUNDS_INSUFFICIENT before
   * anything is signed.
   */
  prepare({ size, root, checkpointHash }: Anchor, privateKey: Hex, replaced?: Uint8Array): Promise<PreparedAnchor> {
    const { node } = this;
    return ask(async () => {
      const { encodeFunctionData, keccak256 } = await import('viem');
      const account = await this.owner(privateKey);
      const { address } = account;
      const args = [size, hexOf(root), hexOf(checkpointHash)] as const;
      const data = encodeFunctionData({ abi: LEDGER_ANCHOR.abi, functionName: 'anchor', args });
      const call = { to: this.contract.address, data };
      const gas = (await node.estimateGas({ ...call, account: address })) * GAS_MARGIN;
      const fees = replacingFees(await currentFees(node), replaced && (await queuedFees(node, replaced)));
      await requireFunds(node, address, gas * offer(fees));
      const nonce = await node.getTransactionCount({ address, blockTag: 'latest' });
      const signed = await account.signTransaction({ ...call, ...fees, gas, nonce, chainId: Number(this.chainId) });
      return {
        transaction: bytesOf(keccak256(signed)),
        afterBlock: await node.getBlockNumber(),
        send: () => ask(async () => void (await node.sendRawTransaction({ serializedTransaction: signed }))),
      };
    });
  }

  private async owner(privateKey: Hex): Promise<PrivateKeyAccount> {
    const account = await accountOf(privateKey);
    const owner = await this.node.readContract({ ...this.contract, functionName: 'owner' });
    if (owner.toLowerCase() === account.address.toLowerCase()) return account;
    throw new LedgerError('ANCHOR_NOT_OWNER', 'the contract belongs to another account: only its deployer may anchor');
  }

  private async finalBlock(): Promise<bigint> {
    const { finality } = this.options;
    if (finality !== 'finalized') return (await this.node.getBlockNumber()) - BigInt(finality);
    try {
      return (await this.node.getBlock({ blockTag: 'finalized' })).number;
    } catch (error) {
      const cause = toAnchorError(error);
      if (cause.code === 'ANCHOR_NODE_UNREACHABLE') throw cause;
      throw new LedgerError(
        'ANCHOR_FINALITY_UNKNOWN',
        'the chain names no finalized block: set ACESO_ANCHOR_FINALITY to a number of confirmations',
        { cause },
      );
    }
  }

  private async hashOf(blockNumber: bigint, finalBlock: bigint): Promise<Uint8Array | undefined> {
    if (blockNumber > finalBlock) return undefined;
    return bytesOf((await this.node.getBlock({ blockNumber })).hash);
  }
}
