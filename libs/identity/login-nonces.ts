import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { base64url, concat, utf8 } from '@aceso/kernel';
import { hmacSha256, KeyCustody, Runtime } from '@aceso/platform';
import { MINUTE_SECONDS } from './domain';

/** How long a nonce lasts: as long as the longest login. */
export const LOGIN_NONCE_SECONDS = 5 * MINUTE_SECONDS;

const END_BYTES = 8;

/**
 * Nonces that a login carries: each says when it ends and shows that this instance made it, so none has to be stored, and every
 * server of the instance knows those of the others. A login that was signed ahead of time carries none that stands.
 */
@Injectable()
export class LoginNonces {
  #key: Uint8Array | undefined;

  constructor(
    private readonly custody: KeyCustody,
    private readonly runtime: Runtime,
  ) {}

  /** A nonce from this moment on. The same second has the same one: `jti` makes a login single. */
  issue(): { readonly nonce: string; readonly expiresAt: Date } {
    const end = Math.floor(this.runtime.now() / 1000) + LOGIN_NONCE_SECONDS;
    const bytes = Buffer.alloc(END_BYTES);
    bytes.writeBigUInt64BE(BigInt(end));
    return { nonce: base64url.encode(concat(bytes, this.mark(bytes))), expiresAt: new Date(end * 1000) };
  }

  /** Whether a nonce is one of ours and has not ended. */
  stands(nonce: string): boolean {
    const bytes = Buffer.from(base64url.decode(nonce));
    const end = bytes.subarray(0, END_BYTES);
    const mark = Buffer.from(this.mark(end));
    const given = bytes.subarray(END_BYTES);
    if (given.length !== mark.length || !timingSafeEqual(given, mark)) return false;
    return end.readBigUInt64BE() * 1000n > BigInt(this.runtime.now());
  }

  /** A key of its own, derived from the seed of the tokens that logins are exchanged for. */
  private mark(end: Uint8Array): Uint8Array {
    this.#key ??= hmacSha256(this.custody.serviceSeed('token'), utf8('aceso/login-nonce/v1'));
    return hmacSha256(this.#key, end);
  }
}
