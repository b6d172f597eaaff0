import { hex, utf8, type Sha256 } from '@aceso/kernel';
import { z } from 'zod';
import { didClaim, digestClaim } from '@aceso/identity/domain';
import { CODED_USE, type CodedUse } from './coded-use';

/** What terms look at in a request's content; `docs/reference/request-content.md` has the whole of it. */
const CONTENT = z.object({
  use: CODED_USE.optional(),
  fields: z.array(z.string()),
  recipients: z.array(z.object({ did: didClaim })).min(1),
  termMonths: z.int().min(1),
  price: z.object({ unitMinor: z.int().min(1), currency: z.string(), splitRule: digestClaim }),
});

/** One request version, as far as terms judge it. */
export interface AskedRequest {
  readonly requestId: string;
  readonly use: CodedUse;
  /** FHIR resource types wanted. */
  readonly fields: readonly string[];
  /** Who receives the package: the research center itself first. */
  readonly recipients: readonly string[];
  readonly termMonths: number;
  readonly price: { readonly unitMinor: number; readonly currency: string; readonly splitRule: string };
}

/** SHA-256 of the content's canonical text, lower-case hexadecimal: what every grant names. */
export function contentTextHash(contentText: string, sha256: Sha256): string {
  return hex.encode(sha256(utf8(contentText)));
}

/** Reads a request's content; null where it states no coded use (a request from before there was one): terms never answer it. */
export function askedRequest(requestId: string, contentText: string): AskedRequest | null {
  let content: unknown;
  try {
    content = JSON.parse(contentText);
  } catch {
    return null;
  }
  const read = CONTENT.safeParse(content);
  if (!read.success || read.data.use === undefined) return null;
  const { use, fields, recipients, termMonths, price } = read.data;
  return { requestId, use, fields, recipients: recipients.map(({ did }) => did), termMonths, price };
}
