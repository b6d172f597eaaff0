import { createECDH, createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { base64url, hex } from '@aceso/kernel';
import { Database, KeyCustody, Runtime } from '@aceso/platform';

/** ES256 (RFC 7518 section 3.4), one of the two that AAI OpenID Connect profile 1.2 allows. */
export const VISA_KEY_ALGORITHM = 'ES256';
const PURPOSE = 'visa signing P-256';
/** 64 bits more than the order has: reduced, every key is as likely as any other (FIPS 186-5, A.2.1). */
const SEED_BYTES = 40;
/** Order of P-256 (FIPS 186-5, SP 800-186 section 3.2.1.3). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The key that signs visas now. */
export interface VisaSigningKey {
  readonly kid: string;
  readonly epoch: number;
  readonly privateKey: KeyObject;
  readonly publicJwk: JWK;
}

/**
 * The instance's keys for visas. The private one is derived from the master key of the newest epoch: it is kept, backed up, turned and
 * destroyed with it. Public ones of earlier epochs stay in the key set while a visa of them lives. Role api.
 */
@Injectable()
export class VisaKeys {
  #current: Promise<VisaSigningKey> | undefined;
  #epoch = 0;

  constructor(
    private readonly database: Database,
    private readonly custody: KeyCustody,
    private readonly runtime: Runtime,
  ) {}

  /** The signing key of the newest epoch. */
  current(): Promise<VisaSigningKey> {
    const epoch = this.custody.currentEpoch;
    if (!this.#current || epoch !== this.#epoch) {
      const { bytes } = this.custody.derive(PURPOSE, SEED_BYTES);
      [this.#current, this.#epoch] = [signingKey(bytes, epoch), epoch];
    }
    return this.#current;
  }

  /** The public key set (RFC 7517 section 5): of the newest epoch, and of every visa that lives. */
  async keySet(): Promise<{ readonly keys: readonly JWK[] }> {
    const { kid, publicJwk } = await this.current();
    const live = await this.database.query<{ jwk: JWK }>('api', 'select marketplace.live_visa_keys($1) as jwk', [
      new Date(this.runtime.now()),
    ]);
    return { keys: [publicJwk, ...live.map(({ jwk }) => jwk).filter((jwk) => jwk.kid !== kid)] };
  }
}

async function signingKey(seed: Uint8Array, epoch: number): Promise<VisaSigningKey> {
  const scalar = (BigInt(`0x${hex.encode(seed)}`) % (P256_ORDER - 1n)) + 1n;
  const d = hex.decode(scalar.toString(16).padStart(64, '0'));
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(d);
  const point = Uint8Array.from(pair.getPublicKey()); // 0x04 ‖ x ‖ y (SEC 1, section 2.3.3)
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => base64url.encode(part)) as [string, string];
  const bare = { kty: 'EC', crv: 'P-256', x, y } satisfies JWK;
  const kid = await calculateJwkThumbprint(bare); // RFC 7638
  const privateKey = createPrivateKey({ key: { ...bare, d: base64url.encode(d) } as JsonWebKey, format: 'jwk' });
  return { kid, epoch, privateKey, publicJwk: { ...bare, kid, alg: VISA_KEY_ALGORITHM, use: 'sig' } };
}
