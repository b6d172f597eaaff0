import { Inject, Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { z } from 'zod';
import { base64url, utf8 } from '@aceso/kernel';
import { CONFIG, Database, Runtime, sha256, type Config } from '@aceso/platform';
import type { TokenUse } from '@aceso/platform/graphql';
import type { Session } from './session-tokens';

/** How far the `iat` of a proof may lie from our clock, either way, in seconds: its clients make one for each request. */
export const PROOF_WINDOW_SECONDS = 60;
export const PROOF_JTI_LENGTH_MAX = 128;
export const PROOF_LENGTH_MAX = 4096;

const PROOF_TYPE = 'dpop+jwt';
/** `Ed25519` is the name of RFC 9864 for what RFC 8037 calls EdDSA. */
const PROOF_ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256'];
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

const Payload = z.object({
  jti: z.string().min(1).max(PROOF_JTI_LENGTH_MAX),
  htm: z.string(),
  htu: z.string(),
  iat: z.int(),
  ath: z.string(),
});

/**
 * Proofs that whoever sends a token has the key that the token is bound to (DPoP, RFC 9449): a token that was copied is worth
 * nothing. A proof is for one request and counts once, on whichever server it arrives.
 */
@Injectable()
export class PossessionProofs {
  readonly #bases: readonly string[];

  constructor(
    @Inject(CONFIG) { publicUrl, port }: Pick<Config, 'publicUrl' | 'port'>,
    private readonly database: Database,
    private readonly runtime: Runtime,
  ) {
    const local = LOCAL_HOSTS.map((host) => `http://${host}:${port}`);
    // A proxy may take the path of the public address away: a client sees it, the request does not.
    this.#bases = [...new Set([publicUrl, new URL(publicUrl).origin, ...local])];
  }

  /**
   * RFC 9449 section 4.3, checks 1 to 12 without a nonce: a proof of the key of `session`, for this token and this request, made just
   * now and not seen before. False for anything else. It is used up by the question.
   */
  async holds(token: string, session: Pick<Session, 'jkt'>, use: TokenUse): Promise<boolean> {
    const claims = await this.read(session, use.proof);
    if (!claims) return false;
    const age = this.runtime.now() / 1000 - claims.iat;
    if (Math.abs(age) > PROOF_WINDOW_SECONDS) return false;
    if (claims.htm !== use.method || !this.isAddress(claims.htu, use.path)) return false;
    if (claims.ath !== base64url.encode(sha256(utf8(token)))) return false;
    return this.isFirst(session.jkt, claims);
  }

  private async read(
    { jkt }: Pick<Session, 'jkt'>,
    proof: string | undefined,
  ): Promise<z.infer<typeof Payload> | null> {
    if (proof === undefined || proof.length > PROOF_LENGTH_MAX) return null;
    try {
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
        algorithms: PROOF_ALGORITHMS,
        typ: PROOF_TYPE,
        currentDate: new Date(this.runtime.now()),
      });
      const thumbprint = protectedHeader.jwk && (await calculateJwkThumbprint(protectedHeader.jwk));
      return thumbprint === jkt ? Payload.parse(payload) : null;
    } catch {
      return null; // a proof that does not verify proves nothing, whatever is wrong with it
    }
  }

  /** Whether `htu` is a path of this instance, without query and fragment (RFC 9449 section 4.2). */
  private isAddress(htu: string, path: string): boolean {
    if (!URL.canParse(htu)) return false;
    const { origin, pathname, search, hash } = new URL(htu);
    const address = search === '' && hash === '' ? origin + pathname : null;
    return this.#bases.some((base) => address === new URL(base + path).href);
  }

  /**
   * Remembers the proof until its window is over; false when it is there. The database is one for all servers. The commit does not wait
   * for the disk: a crash of the database forgets the last moments at most, and a replay needs token and proof of that moment.
   */
  private async isFirst(jkt: string, { jti, iat }: { readonly jti: string; readonly iat: number }): Promise<boolean> {
    const rows = await this.database.query<{ first: boolean }>(
      'api',
      `with quick as materialized (select set_config('synchronous_commit', 'off', true))
       select identity.use_proof($1, to_timestamp($2)) as first from quick`,
      [sha256(utf8(`${jkt} ${jti}`)), iat + PROOF_WINDOW_SECONDS + 1],
    );
    return rows[0]?.first === true;
  }
}
