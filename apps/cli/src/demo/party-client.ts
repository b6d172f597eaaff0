import { randomBytes, randomUUID } from 'node:crypto';
import {
  base64url,
  encodeDidKey,
  hex,
  signStatement,
  statementDigest,
  statementText,
  utf8,
  type SignEd25519,
} from '@aceso/kernel';
import { composePossessionProof, type TokenType } from '@aceso/identity/domain';
import { ed25519PublicKey, ed25519Signer, sha256 } from '@aceso/platform';
import type { AcesoClient } from './aceso-client';

const STATEMENT_SECONDS = 3600;
/** Grants and terms stay valid for the term of a permit. */
const LASTING_SECONDS = 365 * 86_400;
/** Tokens live 15 minutes; a new one is fetched well before. */
const TOKEN_REFRESH_MS = 10 * 60_000;

/** A client as a real party would run it: it holds the key, composes and signs every statement itself. */
export class PartyClient {
  readonly did: string;
  private readonly sign: SignEd25519;
  private readonly publicKey: Uint8Array;
  private readonly tokens = new Map<TokenType, { readonly value: string; readonly at: number }>();
  private chain: { sequence: number; digest: string | null } = { sequence: 0, digest: null };

  constructor(
    readonly name: string,
    readonly role: 'patient' | 'researcher' | 'provider' | 'officer' | 'physician',
    protected readonly client: AcesoClient,
    readonly seed: Uint8Array = randomBytes(32),
  ) {
    this.publicKey = ed25519PublicKey(seed);
    this.did = encodeDidKey(this.publicKey);
    this.sign = ed25519Signer(seed);
  }

  /** Registers the key; parties other than patients need the operator's invitation. */
  async register(invitation?: string): Promise<void> {
    const statement = this.compose('aceso/registration/v1', {
      role: this.role,
      ...(invitation === undefined ? {} : { invitation: hex.encode(sha256(utf8(invitation))) }),
    });
    await this.client.graphql(
      `mutation($statement: String!, $invitation: String) { register(statement: $statement, invitation: $invitation) { id } }`,
      { statement: statement.text, invitation },
    );
  }

  /** Runs one GraphQL operation as this party. */
  async run<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    return this.client.graphql<Data>(query, variables, this.authorize);
  }

  /** Headers of one request: the token, and the proof that its key is at hand (RFC 9449). */
  readonly authorize = async (method: string, url: string): Promise<Record<string, string>> => {
    const token = await this.token('DPoP');
    const request = { token, method, url, jti: randomUUID(), iat: Math.floor(Date.now() / 1000) };
    const dpop = composePossessionProof({ publicKey: this.publicKey, sign: this.sign, sha256 }, request);
    return { authorization: `DPoP ${token}`, dpop };
  };

  /** A token that needs no proof, for what cannot make one: a file, a console. */
  bearer(): Promise<string> {
    return this.token('Bearer');
  }

  /** A valid token, by a fresh login where needed. */
  private async token(tokenType: TokenType): Promise<string> {
    const now = Date.now();
    const known = this.tokens.get(tokenType);
    if (known && now - known.at < TOKEN_REFRESH_MS) return known.value;
    const jwk = { crv: 'Ed25519', kty: 'OKP', x: base64url.encode(this.publicKey) };
    // RFC 7638 section 3: the required members in lexicographic order.
    const jkt = base64url.encode(sha256(utf8(JSON.stringify(jwk))));
    const { loginNonce } = await this.client.graphql<{ loginNonce: { nonce: string } }>('{ loginNonce { nonce } }');
    const claims = { cnf: { jkt }, tokenType, nonce: loginNonce.nonce };
    const statement = this.compose('aceso/login/v1', claims, { seconds: 300 });
    const { login } = await this.client.graphql<{ login: { token: string } }>(
      `mutation($statement: String!) { login(statement: $statement) { token } }`,
      { statement: statement.text },
    );
    this.tokens.set(tokenType, { value: login.token, at: now });
    return login.token;
  }

  /** A statement that changes nothing that is permitted. */
  state(typ: string, claims: Record<string, unknown>): { text: string; digest: string } {
    return this.compose(typ, claims, { seconds: STATEMENT_SECONDS });
  }

  /** A statement of the party's chain: binding, link, terms, rules, grant, revocation, key change, erasure. */
  stateInChain(
    typ: string,
    claims: Record<string, unknown>,
    { seconds = LASTING_SECONDS } = {},
  ): { text: string; digest: string } {
    const sequence = this.chain.sequence + 1;
    const statement = this.compose(typ, { ...claims, seq: sequence, prev: this.chain.digest }, { seconds });
    this.chain = { sequence, digest: statement.digest };
    return statement;
  }

  /** Goes on where another device of the same party ended the chain. */
  async continueChain(): Promise<void> {
    const { statementHead } = await this.run<{ statementHead: { sequence: number; digest: string | null } }>(
      '{ statementHead { sequence digest } }',
    );
    this.chain = statementHead;
  }

  private compose(
    typ: string,
    claims: Record<string, unknown>,
    { seconds = STATEMENT_SECONDS } = {},
  ): { text: string; digest: string } {
    const iat = Math.floor(Date.now() / 1000);
    const common = {
      jti: randomUUID(),
      aud: this.client.origin,
      iat,
      exp: iat + seconds,
      signer: this.did,
      authority: 'self',
    };
    const statement = signStatement({ typ, kid: this.did, payload: { ...common, ...claims } }, this.sign);
    return { text: statementText(statement), digest: hex.encode(statementDigest(statement, sha256)) };
  }
}
