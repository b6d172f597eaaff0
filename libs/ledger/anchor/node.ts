import type { Hex, HttpTransport, PrivateKeyAccount, PublicClient } from 'viem';
import { hex } from '@aceso/kernel';
import { LedgerError } from '../domain';
import { isNotFound, toAnchorError } from './chain-errors';

/** Longest wait for one answer of a node, milliseconds. */
const ANSWER_MS_MAX = 8_000;
/** Nodes take a replacement that offers a tenth more; this is an eighth. */
const REPLACEMENT = { numerator: 9n, denominator: 8n };

/** A client of one node of the chain. */
export type Node = PublicClient<HttpTransport>;

/** Fees as transactions carry them: EIP-1559, or one price where the chain has no base fee. */
export type Fees =
  | { readonly type: 'eip1559'; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly type: 'legacy'; readonly gasPrice: bigint };

/** A client of the node. The library is loaded here, by whoever needs a chain: it costs half a second and 20 MiB. */
export async function connect(rpcUrl: string): Promise<Node> {
  const { createPublicClient, http } = await import('viem');
  return createPublicClient({ transport: http(rpcUrl, { timeout: ANSWER_MS_MAX, retryCount: 0 }), cacheTime: 0 });
}

/** The account of a private key. */
export async function accountOf(privateKey: Hex): Promise<PrivateKeyAccount> {
  const { privateKeyToAccount } = await import('viem/accounts');
  try {
    return privateKeyToAccount(privateKey);
  } catch {
    // Its message may repeat the key.
    throw new LedgerError('ANCHOR_KEY_INVALID', 'the private key of the anchor is no number of the curve');
  }
}

/** Asks a node; whatever fails becomes a coded refusal. */
export async function ask<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    throw toAnchorError(error);
  }
}

/** What a transaction has to offer now. */
export async function currentFees(node: Node): Promise<Fees> {
  const { baseFeePerGas } = await node.getBlock();
  if (baseFeePerGas === null) return { type: 'legacy', gasPrice: await node.getGasPrice() };
  const { maxFeePerGas, maxPriorityFeePerGas } = await node.estimateFeesPerGas();
  return { type: 'eip1559', maxFeePerGas, maxPriorityFeePerGas };
}

/** What a transaction offers that the node keeps for a later block; undefined for any other. */
export async function queuedFees(node: Node, transaction: Uint8Array): Promise<Fees | undefined> {
  try {
    const { blockNumber, ...found } = await node.getTransaction({ hash: hexOf(transaction) });
    if (blockNumber !== null) return undefined;
    const { gasPrice, maxFeePerGas, maxPriorityFeePerGas = 0n } = found;
    if (maxFeePerGas === undefined) return { type: 'legacy', gasPrice };
    return { type: 'eip1559', maxFeePerGas, maxPriorityFeePerGas };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The most that a transaction pays for a unit of gas. */
export function offer(fees: Fees): bigint {
  return fees.type === 'legacy' ? fees.gasPrice : fees.maxFeePerGas;
}

/** Today's fees, or enough more than the replaced transaction offers that nodes take the new one in its place. */
export function replacingFees(now: Fees, replaced: Fees | undefined): Fees {
  if (!replaced) return now;
  const least = (fee: bigint, old: bigint): bigint => {
    const more = (old * REPLACEMENT.numerator) / REPLACEMENT.denominator + 1n;
    return fee > more ? fee : more;
  };
  if (now.type === 'legacy') return { ...now, gasPrice: least(now.gasPrice, offer(replaced)) };
  const tip = replaced.type === 'legacy' ? replaced.gasPrice : replaced.maxPriorityFeePerGas;
  return {
    type: 'eip1559',
    maxFeePerGas: least(now.maxFeePerGas, offer(replaced)),
    maxPriorityFeePerGas: least(now.maxPriorityFeePerGas, tip),
  };
}

/** Throws ANCHOR_FUNDS_INSUFFICIENT unless the account can pay so much. */
export async function requireFunds(node: Node, address: Hex, cost: bigint): Promise<void> {
  if ((await node.getBalance({ address })) >= cost) return;
  throw new LedgerError(
    'ANCHOR_FUNDS_INSUFFICIENT',
    `the account of the anchor cannot pay for a transaction of up to ${cost} wei: fund it`,
  );
}

/** 0x and lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array): Hex {
  return `0x${hex.encode(bytes)}`;
}

/** The bytes of 0x and hexadecimal. */
export function bytesOf(text: string): Uint8Array {
  return hex.decode(text.slice(2).toLowerCase());
}
