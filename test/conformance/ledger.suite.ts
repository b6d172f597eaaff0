import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadMlDsa44, verifyEd25519 } from '@aceso/platform';
import { skipCase } from './ledger.case';
import { ed25519Cases } from './ledger.ed25519';
import { merkleCases } from './ledger.merkle';
import { cosignatureCases, unreadCases, noteCases, tlogProofCases, treeFormatCases } from './ledger.notes';
import { tileLogCases, tilePathCases, tileRootCases } from './ledger.tiles';
import { witnessCases } from './ledger.witness';
import { workedExampleCases } from './ledger.worked-example';
import type { ConformanceCase, ConformanceSuite } from './suite';

/** Everything under `ledger-vectors`: other people's probes, notes, checkpoints, proofs and signatures. */
export const ledgerSuite: ConformanceSuite = {
  name: 'ledger',
  async *run(dataDir): AsyncGenerator<ConformanceCase> {
    const folder = join(dataDir, 'ledger-vectors');
    if (!existsSync(folder)) {
      yield skipCase('ledger-vectors', 'the folder is not there');
      return;
    }
    yield* merkleCases(join(folder, 'rfc6962-merkle'));
    yield* noteCases(join(folder, 'signed-note'));
    yield* treeFormatCases(join(folder, 'signed-note'));
    const checks = { verifyEd25519, verifyMlDsa44: await loadMlDsa44() };
    yield* cosignatureCases(join(folder, 'cosignature'), checks);
    yield* tileLogCases(join(folder, 'tlog-tiles'));
    yield* tileRootCases(join(folder, 'tlog-tiles'));
    yield* tilePathCases(join(folder, 'tlog-tiles'));
    yield* tlogProofCases(join(folder, 'tlog-proof'));
    yield* ed25519Cases(join(folder, 'ed25519'));
    yield* witnessCases(join(folder, 'tlog-witness'));
    yield* workedExampleCases(join(folder, 'worked-example'));
    yield* unreadCases(folder);
  },
};
