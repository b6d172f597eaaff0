import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { utf8, type LedgerEntryId } from '@aceso/kernel';
import { exportTiles, type EntryProof, type Ledger } from '@aceso/ledger';
import {
  cosign,
  formatNote,
  formatTlogProof,
  formatVerifierKey,
  KEY_TYPE,
  parseNote,
  parseTlogProof,
  verifierKey,
} from '@aceso/ledger/domain';
import { createLedger, createSequencer, publishAll } from '@aceso/ledger/testing';
import { ed25519PublicKey, ed25519Signer, sha256 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';

const WITNESS_SEED = new Uint8Array(32).fill(0x02);
const WITNESSED_AT = 1_700_000_000n;

/** A ledger at work on a test database, and what it hands to the public. */
export class PublishedLedger {
  readonly witness = verifierKey(
    { name: 'witness.example.net/w1', type: KEY_TYPE.cosignature, publicKey: ed25519PublicKey(WITNESS_SEED) },
    sha256,
  );

  private constructor(
    private readonly test: TestDatabase,
    readonly ledger: Ledger,
  ) {}

  static async start(): Promise<PublishedLedger> {
    const test = await startTestDatabase();
    return new PublishedLedger(test, createLedger(test));
  }

  /** Appends entries and brings them into a published checkpoint. */
  async append(count: number): Promise<LedgerEntryId[]> {
    const entries = Array.from({ length: count }, (_, n) => ({
      kind: 'administration' as const,
      code: 'key.added',
      payload: { n },
    }));
    const ids = await this.test.database.transaction('api', (tx) => this.ledger.appendMany(tx, entries));
    await publishAll(createSequencer(this.test));
    return ids;
  }

  /** The newest published checkpoint, cosigned. */
  async checkpoint(): Promise<string> {
    return this.cosigned((await this.ledger.checkpoint())?.text as string);
  }

  /** A receipt whose checkpoint is cosigned. */
  async receipt(id: LedgerEntryId): Promise<EntryProof> {
    const receipt = (await this.ledger.proof(id)) as EntryProof;
    const proof = parseTlogProof(utf8(receipt.proof));
    return { ...receipt, proof: formatTlogProof({ ...proof, checkpoint: this.cosigned(proof.checkpoint) }) };
  }

  /** Adds the line of a witness to a signed checkpoint. */
  cosigned(note: string): string {
    const { text, signatures } = parseNote(utf8(note));
    const { name, keyId } = this.witness;
    const signature = cosign(text, WITNESSED_AT, ed25519Signer(WITNESS_SEED));
    return formatNote({ text, signatures: [...signatures, { name, keyId, signature }] });
  }

  /** Signs a checkpoint text with the key of the log, as its operator could. */
  signedByOperator(text: string): string {
    const seed = this.test.custody.serviceSeed('ledger');
    const key = verifierKey(
      { name: this.ledger.origin, type: KEY_TYPE.ed25519, publicKey: ed25519PublicKey(seed) },
      sha256,
    );
    return formatNote({
      text,
      signatures: [{ name: key.name, keyId: key.keyId, signature: ed25519Signer(seed)(utf8(text)) }],
    });
  }

  /** The trust policy of a reader who asks for the witness. */
  policy(): string {
    return `log ${this.ledger.verifierKey()}\nwitness w1 ${formatVerifierKey(this.witness)}\nquorum w1\n`;
  }

  /** Exports the newest checkpoint, cosigned, and its hash tiles. */
  async export(folder: string): Promise<void> {
    await exportTiles({ query: (sql, params) => this.test.database.query('worker', sql, params) }, folder);
    write(join(folder, 'checkpoint'), await this.checkpoint());
  }

  close(): Promise<void> {
    return this.test.close();
  }
}

/** Writes a file and the folders that it needs. */
export function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
