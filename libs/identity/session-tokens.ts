import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { asId, base64url, isUuid, type PartyId } from '@aceso/kernel';
import { CONFIG, ed25519PublicKey, KeyCustody, Runtime, type Config } from '@aceso/platform';
import { MINUTE_SECONDS, ROLES, TOKEN_TYPES, type Role, type TokenType } from './domain';

/** How long a session lasts; whoever stays signs another login. */
export const TOKEN_LIFETIME_SECONDS = 15 * MINUTE_SECONDS;

/** RFC 9068 section 2.1: the media type of an access token. */
const TOKEN_TYPE = 'at+jwt';
/** RFC 8037 section 3.1. */
const TOKEN_ALGORITHM = 'EdDSA';

/** Whom a token names, and the key that it is bound to. */
export interface Session {
  readonly partyId: PartyId;
  readonly role: Role;
  /** The party key that logged in: when it is revoked, the session ends. */
  readonly did: string;
  /** RFC 7638 thumbprint of the key that the token is bound to: that same key, or the session key that a passkey named. */
  readonly jkt: string;
  /** Whether each request proves that key, or sends the token alone. */
  readonly tokenType: TokenType;
}

const Payload = z.object({
  sub: z.string().refine(isUuid),
  role: z.enum(ROLES),
  did: z.string(),
  tokenType: z.enum(TOKEN_TYPES),
  cnf: z.object({ jkt: z.string() }),
});

/** Short-lived access tokens (JWT, RFC 7519) signed by the instance's token key. */
@Injectable()
export class SessionTokens {
  #keys: { readonly signing: KeyObject; readonly verifying: KeyObject } | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'origin'>,
    private readonly custody: KeyCustody,
    private readonly runtime: Runtime,
  ) {}

  /** The token of a session that began at `startedAt` (milliseconds). The same session has the same token. */
  async issue(session: Session, startedAt: number): Promise<{ token: string; expiresAt: Date }> {
    const { role, did, tokenType, jkt } = session;
    const issuedAt = Math.floor(startedAt / 1000);
    const token = await new SignJWT({ role, did, tokenType, cnf: { jkt } })
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: TOKEN_TYPE })
      .setIssuer(this.config.origin)
      .setAudience(this.config.origin)
      .setSubject(session.partyId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + TOKEN_LIFETIME_SECONDS)
      .sign(this.keys.signing);
    return { token, expiresAt: new Date((issuedAt + TOKEN_LIFETIME_SECONDS) * 1000) };
  }

  /** The session of a token; null for one that is malformed, expired, foreign or signed otherwise. */
  async verify(token: string): Promise<Session | null> {
    try {
      const { payload } = await jwtVerify(token, this.keys.verifying, {
        algorithms: [TOKEN_ALGORITHM],
        typ: TOKEN_TYPE,
        issuer: this.config.origin,
        audience: this.config.origin,
        requiredClaims: ['exp', 'iat'],
        currentDate: new Date(this.runtime.now()),
      });
      const { sub, role, did, tokenType, cnf } = Payload.parse(payload);
      return { partyId: asId<'Party'>(sub), role, did, tokenType, jkt: cnf.jkt };
    } catch {
      return null; // a token that does not verify names nobody, whatever is wrong with it
    }
  }

  private get keys() {
    if (this.#keys) return this.#keys;
    const seed = this.custody.serviceSeed('token');
    const jwk = { kty: 'OKP', crv: 'Ed25519', d: base64url.encode(seed), x: base64url.encode(ed25519PublicKey(seed)) };
    const signing = createPrivateKey({ key: jwk, format: 'jwk' });
    this.#keys = { signing, verifying: createPublicKey(signing) };
    return this.#keys;
  }
}
