import type { Hex } from 'viem';
import { LedgerError } from '../domain';
import { LEDGER_ANCHOR } from './contract/ledger-anchor';
import { accountOf, ask, connect, currentFees, offer, requireFunds } from './node';

/** Longest wait for the block that holds the new contract, milliseconds. */
const DEPLOYED_MS_MAX = 180_000;

/** A contract that was just deployed. */
export interface DeployedAnchor {
  readonly chainId: number;
  /** Its address, lower case. */
  readonly contract: string;
  readonly transaction: string;
  readonly gasUsed: bigint;
}

/** Deploys the contract and waits for the block that holds it; the account of the key becomes its owner. */
export async function deployAnchor(rpcUrl: string, privateKey: Hex): Promise<DeployedAnchor> {
  return ask(async () => {
    const node = await connect(rpcUrl);
    const account = await accountOf(privateKey);
    const { address } = account;
    const data = LEDGER_ANCHOR.bytecode;
    const fees = await currentFees(node);
    const gas = await node.estimateGas({ data, account: address });
    await requireFunds(node, address, gas * offer(fees));
    const nonce = await node.getTransactionCount({ address, blockTag: 'pending' });
    const chainId = await node.getChainId();
    const serializedTransaction = await account.signTransaction({ data, ...fees, gas, nonce, chainId });
    const transaction = await node.sendRawTransaction({ serializedTransaction });
    const receipt = await node.waitForTransactionReceipt({ hash: transaction, timeout: DEPLOYED_MS_MAX });
    const { contractAddress, gasUsed } = receipt;
    if (!contractAddress) throw new LedgerError('ANCHOR_NODE_REFUSED', 'the chain did not take the contract');
    return { chainId, contract: contractAddress.toLowerCase(), transaction, gasUsed };
  });
}
