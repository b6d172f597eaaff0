import { readFile } from 'node:fs/promises';
import { DomainError } from '@aceso/kernel';
import {
  anchorStatus,
  deployAnchor,
  isBrokenCheckpoint,
  LedgerError,
  readAnchorKey,
  verifyAnchor,
  type AnchorReport,
  type AnchorStatus,
} from '@aceso/ledger';
import {
  Database,
  environment,
  FINALITY,
  PlatformError,
  readConfig,
  readRoleUrls,
  type Finality,
} from '@aceso/platform';
import { InvalidArgumentError, type Command } from 'commander';

/** Exit codes of `anchor verify`, as of `aceso verify`: proven, contradicted, not proven (yet). */
const EXIT = { proven: 0, broken: 1, unproven: 2, usage: 64 } as const;

/** Adds `aceso anchor`: the contract that remembers checkpoints, for the operator and for outsiders. */
export function registerAnchor(program: Command): void {
  const anchor = program.command('anchor').description('checkpoints in a contract of an EVM chain');
  anchor
    .command('deploy')
    .description('deploy the contract; the account of the key becomes its owner')
    .option('--rpc <url>', 'a node of the chain; ACESO_ANCHOR_RPC_URL when it is left out', webAddress)
    .requiredOption(
      '--key-file <file>',
      'private key of the account: 64 hexadecimal digits, readable by its owner only',
    )
    .option('--json', 'print the outcome as one line of JSON')
    .action(deploy);
  anchor
    .command('status')
    .description('what was sent, what is final, what was lost, and what the contract says')
    .option('--json', 'print it as one line of JSON')
    .action(status);
  anchor
    .command('verify')
    .description('ask your own node whether the contract holds a checkpoint; needs no running instance')
    .requiredOption('--checkpoint <file>', 'the signed checkpoint')
    .requiredOption('--contract <address>', 'address of the contract', contractAddress)
    .option('--rpc <url>', 'your node of the chain; ACESO_ANCHOR_RPC_URL when it is left out', webAddress)
    .option('--policy <file>', 'your own trust policy: the signatures of the checkpoint are checked as well')
    .option('--finality <rule>', 'finalized, or a number of confirmations', finality, 'finalized')
    .option('--chain <id>', 'refuse a node that serves another chain', chainId)
    .option('--from-block <number>', 'first block to search: that of the deployment', blockNumber, 0n)
    .option('--json', 'print the report as one line of JSON')
    // A wrong call says nothing about the checkpoint: 1 would.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.proven : EXIT.usage))
    .action(async (flags: VerifyFlags) => {
      process.exitCode = await verify(flags);
    });
}

async function deploy({ rpc, keyFile, json }: { rpc?: string; keyFile: string; json?: boolean }): Promise<void> {
  const deployed = await deployAnchor(rpcUrl(rpc), readAnchorKey(keyFile));
  const { contract, chainId, gasUsed } = deployed;
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...deployed, gasUsed: String(gasUsed) })}\n`);
    return;
  }
  process.stdout.write(`${contract}\n`);
  process.stderr.write(`on chain ${chainId}, for ${gasUsed} gas; set ACESO_ANCHOR_CONTRACT to this address\n`);
}

async function status({ json }: { json?: boolean }): Promise<void> {
  const config = readConfig(environment());
  const database = new Database({ urls: readRoleUrls(config.home, 'api'), poolSize: 1 });
  try {
    const found = await anchorStatus({ query: (sql, params) => database.query('api', sql, params) }, config.anchor);
    process.stdout.write(json ? `${JSON.stringify(found)}\n` : statusText(found));
  } finally {
    await database.close();
  }
}

function statusText({ publishedSize, contract, anchors }: AnchorStatus): string {
  const onChain = !contract
    ? 'not configured'
    : 'problem' in contract
      ? `not known [${contract.problem}]`
      : `size ${contract.lastSize} on chain ${contract.chainId}`;
  const lines = anchors.map(({ size, state, sentAt, transaction, blockNumber }) => {
    const place = blockNumber === null ? '' : ` block ${blockNumber}`;
    return `${state.padEnd(7)} size ${size} sent ${sentAt} transaction ${transaction}${place}`;
  });
  return [`published: size ${publishedSize ?? 'none'}`, `contract: ${onChain}`, ...lines, ''].join('\n');
}

interface VerifyFlags {
  readonly checkpoint: string;
  readonly contract: string;
  readonly rpc?: string;
  readonly policy?: string;
  readonly finality: Finality;
  readonly chain?: number;
  readonly fromBlock: bigint;
  readonly json?: boolean;
}

async function verify(flags: VerifyFlags): Promise<number> {
  const { contract, chain, fromBlock, json } = flags;
  try {
    const report = await verifyAnchor({
      note: await readFile(flags.checkpoint),
      policyText: flags.policy === undefined ? undefined : await readFile(flags.policy, 'utf8'),
      rpcUrl: rpcUrl(flags.rpc),
      contract,
      finality: flags.finality,
      chainId: chain,
      fromBlock,
    });
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : reportText(report));
    return report.verdict === 'final' ? EXIT.proven : EXIT.unproven;
  } catch (error) {
    return refusal(error, json);
  }
}

function refusal(error: unknown, json: boolean | undefined): number {
  if (error instanceof LedgerError && error.code !== 'TRUST_POLICY_MALFORMED') {
    const broken = isBrokenCheckpoint(error);
    const { code, message } = error;
    const verdict = broken ? 'broken' : 'unknown';
    process.stdout.write(json ? `${JSON.stringify({ verdict, code })}\n` : `${message} [${code}]\n${verdict}\n`);
    return broken ? EXIT.broken : EXIT.unproven;
  }
  if (!(error instanceof DomainError) && !(error instanceof Error && 'syscall' in error)) throw error;
  process.stderr.write(`${error.message}\n`);
  return EXIT.usage;
}

function reportText(report: AnchorReport): string {
  const { verdict, origin, size, chainId, transaction, blockNumber, signaturesChecked } = report;
  const lines = [`log: ${origin}, entries: ${size}`, `chain: ${chainId}`];
  if (transaction !== null) lines.push(`transaction: ${transaction}, block: ${blockNumber}`);
  lines.push(`signatures: ${signaturesChecked ? 'trusted by the policy' : 'not checked (no --policy)'}`);
  const words = { final: 'anchored, final', pending: 'anchored, not final yet', absent: 'not anchored at this size' };
  return [...lines, words[verdict], ''].join('\n');
}

function rpcUrl(flag: string | undefined): string {
  const address = flag ?? environment().ACESO_ANCHOR_RPC_URL;
  if (address !== undefined && isWebAddress(address)) return address;
  throw new PlatformError('CONFIG_INVALID', `--rpc or ACESO_ANCHOR_RPC_URL: expected ${WEB_ADDRESS}`);
}

const WEB_ADDRESS = 'an http:// or https:// address';

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function webAddress(text: string): string {
  if (isWebAddress(text)) return text;
  throw new InvalidArgumentError(`expected ${WEB_ADDRESS}`);
}

function contractAddress(text: string): string {
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('expected 0x and 40 hexadecimal digits');
}

function finality(text: string): Finality {
  const { success, data } = FINALITY.safeParse(text);
  if (success) return data;
  throw new InvalidArgumentError('expected finalized, or a number of confirmations');
}

function chainId(text: string): number {
  if (/^[1-9][0-9]{0,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected the number of a chain');
}

function blockNumber(text: string): bigint {
  if (/^[0-9]{1,18}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('expected the number of a block');
}
