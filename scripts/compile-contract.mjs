/**
 * Compiles libs/ledger/anchor/contract/LedgerAnchor.sol (solc as WebAssembly, offline) into ledger-anchor.ts beside it. With
 * `--check` it writes nothing and fails when the file differs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import solc from 'solc';

const NAME = 'LedgerAnchor';
const folder = new URL('../libs/ledger/anchor/contract/', import.meta.url);
const target = fileURLToPath(new URL('ledger-anchor.ts', folder));

/**
 * London runs on every chain that is alive, on Besu networks with an old genesis too. No metadata: the code depends on the
 * source alone, not on its path or comments.
 */
const SETTINGS = {
  evmVersion: 'london',
  optimizer: { enabled: true, runs: 10_000 },
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
};

function compile() {
  const file = `${NAME}.sol`;
  const sources = { [file]: { content: readFileSync(new URL(file, folder), 'utf8') } };
  const outputSelection = { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } };
  const input = { language: 'Solidity', sources, settings: { ...SETTINGS, outputSelection } };
  const { contracts, errors = [] } = JSON.parse(solc.compile(JSON.stringify(input)));
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  return contracts[file][NAME];
}

const { abi, evm } = compile();
const artefact = {
  compiler: solc.version(),
  settings: SETTINGS,
  abi,
  bytecode: `0x${evm.bytecode.object}`,
  deployedBytecode: `0x${evm.deployedBytecode.object}`,
};
const text = await format(
  `/** ${NAME}.sol, compiled by scripts/compile-contract.mjs; a test compiles it again and compares. */
export const LEDGER_ANCHOR = ${JSON.stringify(artefact)} as const;`,
  { ...(await resolveConfig(target)), filepath: target },
);
if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
  process.stderr.write('not up to date: ledger-anchor.ts (node scripts/compile-contract.mjs)\n');
  process.exit(1);
}
