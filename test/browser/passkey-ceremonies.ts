import type { Browser, BrowserContext, CDPSession, Frame, Page } from 'playwright-core';
import {
  base64url,
  encodeDidKey,
  encodeP256DidKey,
  statementChallenge,
  type AssertionProof,
  type KeyKind,
  type RelyingParty,
  type UnsignedStatement,
} from '@aceso/kernel';
import { sha256 } from '@aceso/platform';

/** A statement with the proof that a browser made for it, and what is to be found wrong with that. */
export interface RecordedCeremony {
  readonly name: string;
  readonly statement: UnsignedStatement & { readonly proof: AssertionProof };
  /** Fault of the assertion; null when it holds. */
  readonly fault: string | null;
}

export const RELYING_PARTY: RelyingParty = { id: 'example.org', origins: ['https://aceso.example.org'] };

const PAGE = 'https://aceso.example.org/';
const SISTER = 'https://other.example.org/';
const FRAMING = 'https://framing.example.com/';
const SUBDOMAIN = 'aceso.example.org';

/** COSE algorithms (RFC 9053 section 2): what browsers call the kinds of keys. */
const COSE: Record<Passkey['kind'], number> = { 'WebAuthn-ES256': -7, 'WebAuthn-EdDSA': -8 };

interface Passkey {
  readonly kind: Exclude<KeyKind, 'Ed25519'>;
  readonly credentialId: string;
  readonly did: string;
  readonly rpId: string;
}

/**
 * Chromium with a virtual authenticator (WebDriver section of Web Authentication Level 3; the CDP domain WebAuthn), and
 * what it answers in good and in bad ceremonies. Its keys end with the browser.
 */
export class Ceremonies {
  private constructor(
    private readonly context: BrowserContext,
    private readonly page: Page,
    private readonly session: CDPSession,
    private readonly authenticatorId: string,
  ) {}

  static async open(browser: Browser): Promise<Ceremonies> {
    const context = await browser.newContext();
    await context.route('**/*', (route) =>
      route.fulfill({ contentType: 'text/html', body: bodyOf(route.request().url()) }),
    );
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('WebAuthn.enable');
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return new Ceremonies(context, page, session, authenticatorId);
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  /** Every ceremony of the suite, for one kind of key. */
  async record(kind: Passkey['kind']): Promise<RecordedCeremony[]> {
    const passkey = await this.create(kind, RELYING_PARTY.id);
    const other = await this.create(kind, RELYING_PARTY.id);
    const narrow = await this.create(kind, SUBDOMAIN);
    const made: RecordedCeremony[] = [];
    const add = (name: string, fault: string | null, statement: RecordedCeremony['statement']) =>
      made.push({ name: `${kind}: ${name}`, fault, statement });

    const good = await this.sign(passkey, 'a');
    add('as it should be', null, good);
    add('again, by the same key', null, await this.sign(passkey, 'b'));
    add('over another statement', 'challenge', { ...good, proof: (await this.sign(passkey, 'c')).proof });
    add('by another key', 'signature', {
      ...good,
      proof: (await this.sign({ ...other, did: passkey.did }, 'a')).proof,
    });
    add('for another domain', 'relying-party', await this.sign(narrow, 'a'));
    add('on another page of the domain', 'origin', await this.sign(passkey, 'a', { url: SISTER }));
    add('in a frame of another site', 'cross-origin', await this.sign(passkey, 'a', { url: FRAMING, framed: true }));
    const clientDataJSON = await this.clientDataOfRegistration(kind, challengeOf(good));
    add('made to register', 'type', { ...good, proof: { ...good.proof, clientDataJSON } });
    await this.behave({ isBadUP: true });
    add('with nobody there', 'user-absent', await this.sign(passkey, 'a'));
    await this.behave({});
    const asked = { url: PAGE, userVerification: 'discouraged' };
    add('without knowing its owner', 'user-unverified', await this.sign(passkey, 'a', asked));
    await this.behave({ isBogusSignature: true });
    add('with a signature that is none', 'signature', await this.sign(passkey, 'a'));
    await this.behave({});
    return made;
  }

  private async behave(bits: { isBadUP?: boolean; isBogusSignature?: boolean }): Promise<void> {
    const all = { isBadUP: false, isBadUV: false, isBogusSignature: false, ...bits };
    await this.session.send('WebAuthn.setResponseOverrideBits', { authenticatorId: this.authenticatorId, ...all });
  }

  private async sign(
    passkey: Passkey,
    content: string,
    where: { url: string; framed?: boolean; userVerification?: string } = { url: PAGE },
  ): Promise<RecordedCeremony['statement']> {
    const { kind, did, rpId, credentialId } = passkey;
    const payload = { content, signer: did };
    const unsigned = { typ: 'aceso/conformance/v1', alg: kind, kid: did, payload };
    const frame = await this.visit(where);
    const { userVerification = 'required' } = where;
    const options = { challenge: challengeOf(unsigned), rpId, credentialId, userVerification };
    return { ...unsigned, proof: (await frame.evaluate(`(${GET})(${JSON.stringify(options)})`)) as AssertionProof };
  }

  private async create(kind: Passkey['kind'], rpId: string): Promise<Passkey> {
    const { id, spki } = await this.register(kind, rpId, base64url.encode(new Uint8Array(32)));
    return { kind, credentialId: id, rpId, did: didOf(kind, base64url.decode(spki)) };
  }

  private async clientDataOfRegistration(kind: Passkey['kind'], challenge: string): Promise<string> {
    return (await this.register(kind, RELYING_PARTY.id, challenge)).clientDataJSON;
  }

  private async register(
    kind: Passkey['kind'],
    rpId: string,
    challenge: string,
  ): Promise<{ id: string; spki: string; clientDataJSON: string }> {
    const frame = await this.visit({ url: PAGE });
    const options = { rpId, alg: COSE[kind], challenge };
    return (await frame.evaluate(`(${CREATE})(${JSON.stringify(options)})`)) as never;
  }

  private async visit({ url, framed }: { url: string; framed?: boolean }): Promise<Frame> {
    await this.page.goto(url);
    if (!framed) return this.page.mainFrame();
    const frame = this.page.frames().find((one) => one.url() === PAGE);
    if (!frame) throw new Error('the page that frames ours did not load it');
    return frame;
  }
}

function challengeOf(unsigned: UnsignedStatement): string {
  return base64url.encode(statementChallenge(unsigned, sha256));
}

/** The framing page lends ours the right to ask; without it the browser itself refuses. */
function bodyOf(url: string): string {
  const frame = `<iframe src="${PAGE}" allow="publickey-credentials-get *"></iframe>`;
  return `<!doctype html><title>Aceso</title>${url === FRAMING ? frame : ''}`;
}

/** SubjectPublicKeyInfo ends in the key: 32 bytes of Ed25519 (RFC 8410), or x and y of P-256 (RFC 5480). */
function didOf(kind: Passkey['kind'], spki: Uint8Array): string {
  if (kind === 'WebAuthn-EdDSA') return encodeDidKey(spki.slice(-32));
  const odd = (spki.at(-1) as number) & 1;
  return encodeP256DidKey(Uint8Array.of(2 + odd, ...spki.slice(-64, -32)));
}

/** Runs in the page: base64url both ways, and the two ceremonies. */
const CODEC = `
  const decode = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  const encode = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
`;
const GET = `async ({ challenge, rpId, credentialId, userVerification }) => { ${CODEC}
  const { response } = await navigator.credentials.get({ publicKey: {
    challenge: decode(challenge), rpId, userVerification,
    allowCredentials: [{ type: 'public-key', id: decode(credentialId) }],
  } });
  const { authenticatorData, clientDataJSON, signature } = response;
  return {
    authenticatorData: encode(authenticatorData), clientDataJSON: encode(clientDataJSON), signature: encode(signature),
  };
}`;
const CREATE = `async ({ rpId, alg, challenge }) => { ${CODEC}
  const { rawId, response } = await navigator.credentials.create({ publicKey: {
    challenge: decode(challenge), rp: { id: rpId, name: 'Aceso' },
    user: { id: crypto.getRandomValues(new Uint8Array(16)), name: 'a key', displayName: 'a key' },
    pubKeyCredParams: [{ type: 'public-key', alg }], attestation: 'none',
  } });
  return {
    id: encode(rawId), spki: encode(response.getPublicKey()), clientDataJSON: encode(response.clientDataJSON),
  };
}`;
