import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { base64url, encodeDidKey, encodeP256DidKey, type AssertionProof, type KeyKind } from '@aceso/kernel';

/** What an assertion is made with; a test changes one thing at a time. */
export interface Ceremony {
  readonly rpId: string;
  readonly origin: string;
  readonly type: string;
  readonly crossOrigin: boolean;
  readonly flags: number;
  /** Members of the client data beside the usual ones. */
  readonly more: Readonly<Record<string, unknown>>;
  /** Bytes behind the counter. */
  readonly extensions: Uint8Array;
}

export const USER_PRESENT = 0x01;
export const USER_VERIFIED = 0x04;

/** A passkey in software: signs as an authenticator does, and as none should when it is told so. */
export class SoftPasskey {
  readonly did: string;
  readonly kind: Exclude<KeyKind, 'Ed25519'>;
  counter = 0;
  readonly #key: KeyObject;

  constructor(
    readonly usual: Pick<Ceremony, 'rpId' | 'origin'>,
    kind: SoftPasskey['kind'] = 'WebAuthn-ES256',
  ) {
    this.kind = kind;
    const pair =
      kind === 'WebAuthn-ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
    this.#key = pair.privateKey;
    const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' });
    const odd = kind === 'WebAuthn-ES256' ? (base64url.decode(y).at(-1) as number) & 1 : 0;
    this.did =
      kind === 'WebAuthn-ES256'
        ? encodeP256DidKey(Uint8Array.of(2 + odd, ...base64url.decode(x)))
        : encodeDidKey(base64url.decode(x));
  }

  /** An assertion over a challenge; its counter is one more than that of the last. */
  assert(challenge: Uint8Array, changed: Partial<Ceremony> = {}): AssertionProof {
    const usual = { type: 'webauthn.get', crossOrigin: false, flags: USER_PRESENT | USER_VERIFIED, more: {} };
    const how = { ...usual, extensions: new Uint8Array(), ...this.usual, ...changed };
    const { type, origin, crossOrigin, more, flags, extensions } = how;
    this.counter += 1;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.counter);
    const data = Buffer.concat([hash(Buffer.from(how.rpId)), Buffer.of(flags), counter, extensions]);
    const clientData = Buffer.from(
      JSON.stringify({ type, challenge: base64url.encode(challenge), origin, crossOrigin, ...more }),
    );
    const message = Buffer.concat([data, hash(clientData)]);
    const signature = sign(this.kind === 'WebAuthn-ES256' ? 'sha256' : null, message, this.#key);
    return {
      authenticatorData: data.toString('base64url'),
      clientDataJSON: clientData.toString('base64url'),
      signature: signature.toString('base64url'),
    };
  }
}

function hash(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
