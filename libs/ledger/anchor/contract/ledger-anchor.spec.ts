import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { LEDGER_ANCHOR } from './ledger-anchor';

const root = join(__dirname, '../../../..');

it('is what the compiler makes of the source (after a change: node scripts/compile-contract.mjs)', () => {
  const check = ['scripts/compile-contract.mjs', '--check'];
  expect(execFileSync(process.execPath, check, { cwd: root, encoding: 'utf8' })).toBe('');
});

it('holds the same code wherever it is deployed: nothing in it depends on the deployer', () => {
  expect(LEDGER_ANCHOR.bytecode).toContain(LEDGER_ANCHOR.deployedBytecode.slice(2));
});
