import { randomUUID } from 'node:crypto';
import {
  decodeDidKey,
  encodeDidKey,
  hex,
  statementChallenge,
  statementDigest,
  statementText,
  type Statement,
} from '@aceso/kernel';
import { ed25519PublicKey, ed25519Signer, sha256 } from '@aceso/platform';
import {
  ATTESTATION,
  BINDING,
  codeHash,
  composePossessionProof,
  composeStatement,
  ERASURE,
  ERASURE_CONFIRMATION,
  composeUnsigned,
  jwkThumbprint,
  KEY_ADDITION,
  KEY_POSSESSION,
  KEY_REVOCATION,
  LICENCE,
  LICENCE_APPEAL,
  LINK,
  LOGIN,
  MINUTE_SECONDS,
  RECOVERY,
  RECOVERY_VETO,
  REGISTRATION,
  RETRACTION,
  UNLINK,
  type ChainClaims,
  type CommonClaims,
  type Composer,
  type EvidenceLevel,
  type GuardianAuthority,
  type KeyLife,
  type LicenceClaims,
  type ProvenRequest,
  type Role,
  type StatementKind,
} from '../domain';
import type { SoftPasskey } from './soft-passkey';

export interface TestPartyOptions {
  readonly audience: string;
  /** Milliseconds, as Runtime gives them. */
  readonly now: () => number;
  /** 32 bytes; random when absent. */
  readonly seed?: Uint8Array;
  /** Signs instead of an Ed25519 key. */
  readonly passkey?: SoftPasskey;
  /** Asks the server for a nonce; without it logins carry one that no server gave. */
  readonly loginNonce?: () => string;
}

type Own<Claims> = Omit<Claims, keyof CommonClaims | keyof ChainClaims>;

/** A client with a key of its own: composes statements as a real one would and keeps count of its chain. */
export class TestParty {
  readonly did: string;
  composer: Composer;
  sequence = 0;
  previous: string | null = null;
  readonly #now: () => number;
  readonly #passkey: SoftPasskey | undefined;
  readonly #options: TestPartyOptions;
  readonly #seed: Uint8Array;

  constructor(options: TestPartyOptions) {
    const { audience, now, seed = randomSeed(), passkey } = options;
    this.#options = options;
    this.#seed = seed;
    this.did = passkey?.did ?? encodeDidKey(ed25519PublicKey(seed));
    this.#passkey = passkey;
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
    if (!this.#passkey) return statementText(composeStatement(kind, this.composer, content as never));
    const unsigned = composeUnsigned(kind, { ...this.composer, alg: this.#passkey.kind }, content as never);
    const proof = this.#passkey.assert(statementChallenge(unsigned, sha256));
    return statementText({ ...unsigned, proof } as Statement<string, unknown>);
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

  /** A passkey names a session key, which is thrown away here. */
  login(own: { tokenType?: 'Bearer'; nonce?: string } = {}): string {
    const bound = this.#passkey ? encodeDidKey(ed25519PublicKey(randomSeed())) : this.did;
    const nonce = this.#options.loginNonce?.() ?? 'A'.repeat(54);
    return this.sign(LOGIN, { cnf: { jkt: jwkThumbprint(bound, sha256) }, nonce, ...own });
  }

  /** Headers of one request with a token that is bound to this key; `changes` break its proof. */
  authorize(request: Pick<ProvenRequest, 'token' | 'method' | 'url'>, changes: Partial<ProvenRequest> = {}) {
    const publicKey = decodeDidKey(this.did);
    const iat = Math.floor(this.#now() / 1000);
    const proven = { ...request, jti: randomUUID(), iat, ...changes };
    const dpop = composePossessionProof({ publicKey, sign: this.composer.sign, sha256 }, proven);
    return { authorization: `DPoP ${request.token}`, dpop };
  }

  /** Says that this key is at hand, for a party of which `addedBy` is a key. */
  possession(addedBy: string, lifetimeSeconds?: number): Record<string, unknown> {
    return JSON.parse(this.sign(KEY_POSSESSION, { addedBy }, lifetimeSeconds ? { lifetimeSeconds } : {}));
  }

  /** Adds the key of another device of this party. */
  keyAddition(device: TestParty): string {
    return this.signNext(KEY_ADDITION, { key: device.did, possession: device.possession(this.did) });
  }

  /** Revokes a key of this party; `since` in milliseconds. */
  keyRevocation(key: string, since?: number): string {
    return this.signNext(KEY_REVOCATION, {
      key,
      ...(since === undefined ? {} : { since: Math.floor(since / 1000) }),
    });
  }

  /** Asks for this new key to become one of the attested person. */
  recovery(attestation: string, own: { revokeOthers?: boolean; lifetimeSeconds?: number } = {}): string {
    const { revokeOthers = false, lifetimeSeconds = RECOVERY.lifetimeSecondsMax } = own;
    return this.sign(RECOVERY, { attestation, revokeOthers }, { lifetimeSeconds });
  }

  /** Ends a recovery of this party. */
  recoveryVeto(recovery: string): string {
    return this.signNext(RECOVERY_VETO, { recovery });
  }

  /** The same key, as it signs for a ward. */
  actingFor(authority: GuardianAuthority): TestParty {
    const copy = new TestParty({ ...this.#options, seed: this.#seed });
    copy.composer = { ...copy.composer, authority };
    return copy;
  }

  /** Proposes, or confirms, a step of a party's licence. */
  licence(says: Omit<LicenceClaims, keyof CommonClaims>): string {
    return this.sign(LICENCE, says);
  }

  /** Appeals against the step of a number. */
  licenceAppeal(step: number): string {
    return this.sign(LICENCE_APPEAL, { step });
  }

  /** Goes on where another device of the same party stopped. */
  continueFrom({ sequence, previous }: Pick<TestParty, 'sequence' | 'previous'>): void {
    this.sequence = sequence;
    this.previous = previous;
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
    return this.signNext(LINK, { sourceRecords: inOrder(first, second) });
  }

  /** Of the link between two records: `leaves` goes. */
  unlink(stays: string, leaves: string): string {
    return this.signNext(UNLINK, { sourceRecords: inOrder(stays, leaves), leaves });
  }

  retraction(sourceRecord: string): string {
    return this.sign(RETRACTION, { sourceRecord, reason: 'wrong-patient' });
  }
}

function inOrder(first: string, second: string): [string, string] {
  return first < second ? [first, second] : [second, first];
}

/** The digest by which other statements name the one with this text. */
export function digestOf(text: string): string {
  return hex.encode(statementDigest(JSON.parse(text), sha256));
}

/** The key of a client as the evidence of a decision has it: it lives, and always did. */
export function lifeOf({ did }: Pick<TestParty, 'did'>, changes: Partial<KeyLife> = {}): KeyLife {
  return {
    did,
    kind: did.startsWith('did:key:zDn') ? 'WebAuthn-ES256' : 'Ed25519',
    addedAt: 0,
    until: null,
    ...changes,
  };
}

function randomSeed(): Uint8Array {
  return Uint8Array.from(Buffer.from((randomUUID() + randomUUID()).replaceAll('-', ''), 'hex'));
}
