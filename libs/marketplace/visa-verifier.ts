import {
  compactVerify,
  createLocalJWKSet,
  decodeProtectedHeader,
  type CompactVerifyGetKey,
  type JSONWebKeySet,
} from 'jose';
import { z } from 'zod';
import { fromUtf8, hex, utf8 } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import {
  MarketplaceError,
  readVisa,
  readVisaHeader,
  requireSamePerson,
  VISA_ALGORITHMS,
  VISA_BYTES_MAX,
  type Visa,
  type VisaIdentity,
  type VisaQuestion,
} from './domain';

/** Whose visas are believed, by which keys. */
export interface VisaIssuer {
  readonly issuer: string;
  /** Address of its key set, as its visas must name it; the keys themselves are `keys`, and nothing is ever fetched. */
  readonly jku: string;
  readonly keys: readonly object[];
}

export interface VerifiedVisa extends Visa {
  /** SHA-256 of the visa's text in hexadecimal: what is kept of it. */
  readonly digest: string;
}

const issuersShape = z
  .array(
    z.strictObject({
      issuer: z.url({ protocol: /^https$/ }).max(255),
      jku: z.url({ protocol: /^https$/ }).max(255),
      keys: z
        .array(z.looseObject({ kty: z.enum(['RSA', 'EC']), kid: z.string().min(1), d: z.undefined().optional() }))
        .min(1),
    }),
  )
  .min(1);

/** A file of issuers. Throws VISA_ISSUERS_INVALID for another form, and for a private key in it. */
export function readIssuers(text: string): VisaIssuer[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MarketplaceError('VISA_ISSUERS_INVALID', 'the file of issuers is no JSON');
  }
  const issuers = issuersShape.safeParse(value);
  if (!issuers.success) {
    const path = issuers.error.issues[0]?.path.join('.') ?? '';
    throw new MarketplaceError('VISA_ISSUERS_INVALID', `issuers are [{issuer, jku, keys}] with public keys: ${path}`);
  }
  return issuers.data;
}

/** Reads GA4GH visas of configured issuers (GA4GH AAI OpenID Connect profile 1.2). Whoever is not configured is not believed. */
export class VisaVerifier {
  private readonly issuers: ReadonlyMap<string, { readonly jku: string; readonly keys: CompactVerifyGetKey }>;

  constructor(issuers: readonly VisaIssuer[]) {
    this.issuers = new Map(
      issuers.map(({ issuer, jku, keys }) => [
        issuer,
        { jku, keys: createLocalJWKSet({ keys: keys as JSONWebKeySet['keys'] }) },
      ]),
    );
  }

  /**
   * Verifies visas of one person: of the one named, or else of whomever the first is about. Throws a VISA_… refusal for the first that
   * does not count.
   */
  async verify(
    texts: readonly string[],
    { person, ...question }: VisaQuestion & { readonly person?: VisaIdentity },
  ): Promise<VerifiedVisa[]> {
    const visas: VerifiedVisa[] = [];
    for (const text of texts) visas.push(await this.one(text.trim(), question));
    const [first] = visas;
    if (first) requireSamePerson(visas, person ?? first);
    return visas;
  }

  private async one(text: string, question: VisaQuestion): Promise<VerifiedVisa> {
    if (text.length > VISA_BYTES_MAX) {
      throw new MarketplaceError('VISA_MALFORMED', `a visa has at most ${VISA_BYTES_MAX} bytes`);
    }
    const { header, claimed } = takeApart(text);
    const { jku } = readVisaHeader(header);
    const issuer = this.issuers.get(claimed);
    if (!issuer || (jku !== null && jku !== issuer.jku)) {
      throw new MarketplaceError(
        'VISA_ISSUER_UNKNOWN',
        'the issuer, or its address of keys, is not among those configured',
      );
    }
    const payload = await verified(text, issuer.keys);
    return { ...readVisa(parse(payload), question), digest: hex.encode(sha256(utf8(text))) };
  }
}

async function verified(text: string, keys: CompactVerifyGetKey): Promise<Uint8Array> {
  try {
    return (await compactVerify(text, keys, { algorithms: [...VISA_ALGORITHMS] })).payload;
  } catch (cause) {
    throw new MarketplaceError('VISA_SIGNATURE_INVALID', 'the visa is not signed by a key of its issuer', { cause });
  }
}

/** Header and claimed issuer, of which nothing is believed yet. */
function takeApart(text: string): { header: { readonly [name: string]: unknown }; claimed: string } {
  try {
    const header = decodeProtectedHeader(text) as { readonly [name: string]: unknown };
    const payload = parse(Buffer.from(text.split('.')[1] ?? '', 'base64url'));
    const { iss } = (payload ?? {}) as { readonly iss?: unknown };
    if (typeof iss === 'string') return { header, claimed: iss };
  } catch {
    // below
  }
  throw new MarketplaceError('VISA_MALFORMED', 'a visa is a signed JWT in compact form that names its issuer');
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch {
    throw new MarketplaceError('VISA_MALFORMED', 'the claims of the visa are no JSON');
  }
}
