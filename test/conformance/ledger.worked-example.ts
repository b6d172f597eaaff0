import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hex, utf8 } from '@aceso/kernel';
import {
  consistencyRanges,
  cosign,
  cosignatureMessage,
  formatAddCheckpoint,
  formatCheckpoint,
  formatNote,
  formatTlogProof,
  formatVerifierKey,
  inclusionRanges,
  KEY_TYPE,
  leafHash,
  parseAddCheckpoint,
  parseNote,
  parseTrustPolicy,
  proofHashes,
  signCheckpoint,
  treeRoot,
  verifierKey,
  verifyReceipt,
  type LeafRange,
  type NodeId,
} from '@aceso/ledger/domain';
import { ed25519PublicKey, ed25519Signer, sha256, verifyEd25519 } from '@aceso/platform';
import { expectSame, readJson, runCase } from './ledger.case';
import { tileFileCases } from './ledger.tiles';
import type { ConformanceCase } from './suite';

interface Values {
  readonly origin: string;
  readonly logSeedHex: string;
  readonly logPubHex: string;
  readonly logKeyIdHex: string;
  readonly logVkey: string;
  readonly witnessName: string;
  readonly witnessSeedHex: string;
  readonly witnessPubHex: string;
  readonly witnessKeyIdHex: string;
  readonly witnessVkey: string;
  readonly entriesUtf8: readonly string[];
  readonly leafHashes: readonly string[];
  readonly roots: readonly string[];
  readonly inclusionProofIndex2Size5: readonly string[];
  readonly inclusionProofIndex4Size5: readonly string[];
  readonly consistency3to5: readonly string[];
  readonly consistency4to5: readonly string[];
  readonly cosignTimestamp: number;
  readonly cosignedMessageHex: string;
  readonly originHash: string;
}

/** The worked example of transparency-log.md, made again from its two seeds and compared byte for byte. */
export function* workedExampleCases(folder: string): Generator<ConformanceCase> {
  const values = readJson<Values>(folder, 'values.json');
  if (!values) return;
  const log = new WorkedLog(values);
  yield* log.valueCases();
  for (const [file, text] of log.files()) {
    if (!existsSync(join(folder, file))) continue;
    yield runCase(`worked example: ${file}`, () => expectSame(readFileSync(join(folder, file), 'utf8'), text, 'bytes'));
  }
  yield runCase('worked example: receipt verifies', () => log.verifyReceipt());
  yield* tileFileCases('worked example:', folder, values.entriesUtf8.map(utf8));
  for (const file of ['add-checkpoint.request', 'add-checkpoint.response'] as const) {
    if (!existsSync(join(folder, file))) continue;
    yield runCase(`worked example: ${file}`, () =>
      log.compareWitnessing(file, readFileSync(join(folder, file), 'utf8')),
    );
  }
}

class WorkedLog {
  private readonly leaves: Uint8Array[];
  private readonly logSeed: Uint8Array;
  private readonly witnessSeed: Uint8Array;

  constructor(private readonly values: Values) {
    this.leaves = values.entriesUtf8.map((entry) => leafHash(utf8(entry), sha256));
    this.logSeed = hex.decode(values.logSeedHex);
    this.witnessSeed = hex.decode(values.witnessSeedHex);
  }

  *valueCases(): Generator<ConformanceCase> {
    const { values } = this;
    const [log, witness] = [this.logKey(), this.witnessKey()];
    const same = (what: string, actual: unknown, expected: unknown): ConformanceCase =>
      runCase(`worked example: ${what}`, () => expectSame(actual, expected, what));
    yield same('log key', [hex.encode(log.publicKey), log.keyId], [values.logPubHex, values.logKeyIdHex]);
    yield same('log vkey', formatVerifierKey(log), values.logVkey);
    const witnessed = [hex.encode(witness.publicKey), witness.keyId];
    yield same('witness key', witnessed, [values.witnessPubHex, values.witnessKeyIdHex]);
    yield same('witness vkey', formatVerifierKey(witness), values.witnessVkey);
    yield same('leaf hashes', hexOf(this.leaves), values.leafHashes);
    yield same(
      'roots',
      values.roots.map((_, size) => hex.encode(this.root(size))),
      values.roots,
    );
    yield same('inclusion 2 of 5', hexOf(this.prove(inclusionRanges(2n, 5n))), values.inclusionProofIndex2Size5);
    yield same('inclusion 4 of 5', hexOf(this.prove(inclusionRanges(4n, 5n))), values.inclusionProofIndex4Size5);
    yield same('consistency 3 to 5', hexOf(this.prove(consistencyRanges(3n, 5n))), values.consistency3to5);
    yield same('consistency 4 to 5', hexOf(this.prove(consistencyRanges(4n, 5n))), values.consistency4to5);
    const message = cosignatureMessage(this.text(5), BigInt(values.cosignTimestamp));
    yield same('cosigned message', hex.encode(message), values.cosignedMessageHex);
    yield same('hash of the origin', hex.encode(sha256(utf8(values.origin))), values.originHash);
  }

  files(): readonly (readonly [string, string])[] {
    return [
      ['checkpoint.3', this.checkpoint(3, false)],
      ['checkpoint.5', this.checkpoint(5, false)],
      ['checkpoint.5.cosigned', this.checkpoint(5, true)],
      ['entry2.tlog-proof', this.receipt()],
    ];
  }

  /** The request between the two sizes that the file names; the response to the largest tree. */
  compareWitnessing(file: 'add-checkpoint.request' | 'add-checkpoint.response', text: string): void {
    if (file === 'add-checkpoint.response') {
      const cosigned = this.checkpoint(this.leaves.length, true);
      return expectSame(text, cosigned.slice(this.checkpoint(this.leaves.length, false).length), 'bytes');
    }
    const { oldSize, checkpoint } = parseAddCheckpoint(utf8(text));
    const ranges = oldSize === 0n ? [] : consistencyRanges(oldSize, checkpoint.size);
    const note = parseNote(utf8(this.checkpoint(Number(checkpoint.size), false)));
    expectSame(formatAddCheckpoint({ oldSize, proof: this.prove(ranges), note }), text, 'bytes');
  }

  verifyReceipt(): void {
    const policy = `log ${this.values.logVkey}\nwitness w ${this.values.witnessVkey}\nquorum w\n`;
    const entry = utf8(this.values.entriesUtf8[2] as string);
    const crypto = { sha256, verifyEd25519 };
    const { operatorOnly } = verifyReceipt(
      { proof: utf8(this.receipt()), entry },
      parseTrustPolicy(policy, sha256),
      crypto,
    );
    expectSame(operatorOnly, false, 'operator only');
  }

  private logKey() {
    const publicKey = ed25519PublicKey(this.logSeed);
    return verifierKey({ name: this.values.origin, type: KEY_TYPE.ed25519, publicKey }, sha256);
  }

  private witnessKey() {
    const publicKey = ed25519PublicKey(this.witnessSeed);
    return verifierKey({ name: this.values.witnessName, type: KEY_TYPE.cosignature, publicKey }, sha256);
  }

  private root(size: number): Uint8Array {
    return treeRoot(this.leaves.slice(0, size), sha256);
  }

  private text(size: number): string {
    return formatCheckpoint({ origin: this.values.origin, size: BigInt(size), root: this.root(size), extensions: [] });
  }

  private checkpoint(size: number, cosigned: boolean): string {
    const text = this.text(size);
    const own = signCheckpoint(text, this.logKey(), ed25519Signer(this.logSeed));
    const { name, keyId } = this.witnessKey();
    const field = cosign(text, BigInt(this.values.cosignTimestamp), ed25519Signer(this.witnessSeed));
    return formatNote({ text, signatures: cosigned ? [own, { name, keyId, signature: field }] : [own] });
  }

  private receipt(): string {
    const hashes = this.prove(inclusionRanges(2n, 5n));
    return formatTlogProof({ index: 2n, hashes, checkpoint: this.checkpoint(5, true) });
  }

  private prove(ranges: readonly LeafRange[]): Uint8Array[] {
    const source = ({ level, index }: NodeId): Uint8Array =>
      treeRoot(this.leaves.slice(Number(index) << level, (Number(index) + 1) << level), sha256);
    return proofHashes(ranges, source, sha256);
  }
}

const hexOf = (hashes: readonly Uint8Array[]): string[] => hashes.map((hash) => hex.encode(hash));
