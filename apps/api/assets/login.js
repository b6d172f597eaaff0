/**
 * Signs a login statement (docs/reference/statements.md) in the browser and exchanges it for a short-lived token. The
 * private key never leaves this page.
 */

const CLOCK_SKEW_SECONDS = 30;
/** The server accepts login statements of 300 seconds at most. */
const LIFETIME_SECONDS = 240;

const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));

const toBase64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

/** RFC 8785 for what statements hold: strings, whole numbers, booleans, null, lists and objects. */
export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value)
    .sort() // by UTF-16 code units, as the RFC asks
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(',')}}`;
}

/** RFC 8410 section 7: PKCS #8 frame of a 32-byte Ed25519 seed. */
async function importSeed(seed) {
  const frame = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);
  const pkcs8 = new Uint8Array(frame.length + seed.length);
  pkcs8.set(frame);
  pkcs8.set(seed, frame.length);
  return crypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, true, ['sign']);
}

/** RFC 7638: SHA-256 over the required members of the public key in lexicographic order. */
async function thumbprint(key) {
  const { crv, kty, x } = await crypto.subtle.exportKey('jwk', key);
  return toBase64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonicalJson({ crv, kty, x }))));
}

/** Sends a GraphQL document; throws an Error whose message is the first error's code and text. */
export async function ask(query, variables = {}) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors?.length) throw new Error(`${errors[0].message} (${errors[0].extensions?.code ?? 'no code'})`);
  return data;
}

/** Logs a persona in: `{token, expiresAt}`. */
export async function login(persona) {
  const { status, loginNonce } = await ask('{ status { origin } loginNonce { nonce } }');
  const key = await importSeed(fromBase64url(persona.seed));
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    jti: crypto.randomUUID(),
    aud: status.origin,
    iat: now - CLOCK_SKEW_SECONDS,
    exp: now - CLOCK_SKEW_SECONDS + LIFETIME_SECONDS,
    signer: persona.did,
    authority: 'self',
    cnf: { jkt: await thumbprint(key) },
    nonce: loginNonce.nonce,
    tokenType: 'Bearer', // the console sends the same headers with every request, so it cannot prove each
  };
  const unsigned = { typ: 'aceso/login/v1', alg: 'Ed25519', kid: persona.did, payload };
  const bytes = new TextEncoder().encode(canonicalJson(unsigned));
  const proof = toBase64url(await crypto.subtle.sign('Ed25519', key, bytes));
  const answer = await ask('mutation Login($statement: String!) { login(statement: $statement) { token expiresAt } }', {
    statement: canonicalJson({ ...unsigned, proof }),
  });
  return answer.login;
}
