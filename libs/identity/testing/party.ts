import { randomUUID } from 'node:crypto';
import { encodeDidKey, hex, statementDigest, statementText } from '@aceso/kernel';
import { ed25519PublicKey, ed25519Signer, sha256 } from '@aceso/platform';
import {
  ATTESTATION,
  BINDING,
  codeHash,
  composeStatement,
  ERASURE,
  ERASURE_CONFIRMATION,
  jwkThumbprint,
  LINK,
  LOGIN,
  MINUTE_SECONDS,
  REGISTRATION,
  type ChainClaims,
  type CommonClaims,
  type Composer,
  type EvidenceLevel,
  type Role,
  type StatementKind,
} from '../domain';

export interface TestPartyOptions {
  readonly audience: string;
  /** Milliseconds, as Runtime gives them. */
  readonly now: () => number;
  /** 32 bytes; random when absent. */
  readonly seed?: Uint8Array;
}

type Own<Claims> = Omit<Claims, keyof CommonClaims | keyof ChainClaims>;

/** A client with a key of its own: composes statements as a real one would and keeps count of its chain. */
export class TestParty {
  readonly did: string;
  readonly composer: Composer;
  sequence = 0;
  previous: string | null = null;
  readonly #now: () => number;

  constructor({ audience, now, seed = randomSeed() }: TestPartyOptions) {
    this.did = encodeDidKey(ed25519PublicKey(seed));
    this.composer = { did: this.did, sign: ed25519Signer(seed), audience };
    this.#now = now;
  }

  /** Text of a statement outside the chain. */
  sign<Claims extends CommonClaims>(
    kind: StatementKind<Claims>,
    own: Omit<Claims, keyof CommonClaims>,
    issue: { lifetimeSeconds?: number; jti?: string } = {},
  ): string {
    const iat = Math.floor(this.#now() / 1000);
    const exp = iat + (issue.lifetimeSeconds ?? MINUTE_SECONDS);
    const content = { ...own, jti: issue.jti ?? randomUUID(), iat, exp };
    return statementText(composeStatement(kind, this.composer, content as never));
  }

  /** Text of the next statement of the chain; the chain moves on as if it were accepted. */
  signNext<Claims extends CommonClaims & ChainClaims>(
    kind: StatementKind<Claims>,
    own: Own<Claims>,
    issue: { lifetimeSeconds?: number; jti?: string } = {},
  ): string {
    const text = this.signAt(kind, own, { seq: this.sequence + 1, prev: this.previous, ...issue });
    this.sequence += 1;
    this.previous = digestOf(text);
    return text;
  }

  /** Text of a chained statement with any `seq` and `prev`; the chain of this object stays. */
  signAt<Claims extends CommonClaims & ChainClaims>(
    kind: StatementKind<Claims>,
    own: Own<Claims>,
    at: ChainClaims & { lifetimeSeconds?: number; jti?: string },
  ): string {
    const { seq, prev, ...issue } = at;
    return this.sign(kind, { ...own, seq, prev } as never, issue);
  }

  registration(role: Role, invitation?: string): string {
    return this.sign(REGISTRATION, { role, ...(invitation ? { invitation: codeHash(invitation, sha256) } : {}) });
  }

  login(): string {
    return this.sign(LOGIN, { cnf: { jkt: jwkThumbprint(this.did, sha256) } });
  }

  attestation(sourceRecord: string, code: string, evidence: EvidenceLevel = 'in-person'): string {
    return this.sign(ATTESTATION, { sourceRecord, codeHash: codeHash(code, sha256), evidence });
  }

  binding(sourceRecord: string, attestation: string): string {
    return this.signNext(BINDING, { sourceRecord, attestation });
  }

  /** Of one source record, or of everything. */
  erasure(sourceRecord: string | null): string {
    return this.signNext(ERASURE, { sourceRecord, confirmation: ERASURE_CONFIRMATION });
  }

  link(first: string, second: string): string {
    return this.signNext(LINK, { sourceRecords: first < second ? [first, second] : [second, first] });
  }
}

/** The digest by which other statements name the one with this text. */
export function digestOf(text: string): string {
  return hex.encode(statementDigest(JSON.parse(text), sha256));
}

function randomSeed(): Uint8Array {
  return Uint8Array.from(Buffer.from((randomUUID() + randomUUID()).replaceAll('-', ''), 'hex'));
}
