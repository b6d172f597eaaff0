import { base64, hex, utf8 } from '@aceso/kernel';
import { LedgerError, parseTrustPolicy, verifyCheckpoint, verifyReceipt } from '../domain';
import { sha256, verifyEd25519, verifyMlDsa44 } from './portable-crypto';

/** What a page learns: what holds, or the code of the refusal. */
export type BrowserAnswer =
  | { readonly size: string; readonly witnesses: readonly string[]; readonly operatorOnly?: boolean }
  | { readonly refused: string };

/** The verifier as a page has it: everything comes and goes as text. */
export interface BrowserVerifier {
  receipt(proof: string, entryBase64: string, policy: string): BrowserAnswer;
  checkpoint(note: string, policy: string): BrowserAnswer;
  /** Ed25519 with arguments in hexadecimal. */
  ed25519(publicKey: string, message: string, signature: string): boolean;
}

const crypto = { sha256, verifyEd25519, verifyMlDsa44 };

function answer(verify: () => BrowserAnswer): BrowserAnswer {
  try {
    return verify();
  } catch (error) {
    if (error instanceof LedgerError) return { refused: error.code };
    throw error;
  }
}

const verifier: BrowserVerifier = {
  receipt: (proof, entryBase64, policy) =>
    answer(() => {
      const receipt = { proof: utf8(proof), entry: base64.decode(entryBase64) };
      const trust = parseTrustPolicy(policy, sha256);
      const { checkpoint, witnessedAt, operatorOnly } = verifyReceipt(receipt, trust, crypto);
      return { size: String(checkpoint.size), witnesses: witnessedAt.map(({ witness }) => witness), operatorOnly };
    }),
  checkpoint: (note, policy) =>
    answer(() => {
      const { checkpoint, witnessedAt } = verifyCheckpoint(utf8(note), parseTrustPolicy(policy, sha256), crypto);
      return { size: String(checkpoint.size), witnesses: witnessedAt.map(({ witness }) => witness) };
    }),
  ed25519: (publicKey, message, signature) =>
    verifyEd25519(hex.decode(publicKey), hex.decode(message), hex.decode(signature)),
};

/** The bundle of a page: the pure core of the ledger and `@noble`, nothing of Node. */
Object.assign(globalThis, { acesoVerifier: verifier });
