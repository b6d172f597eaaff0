import { base64, canonicalJson } from '@aceso/kernel';
import type { Opening } from '@aceso/ledger/domain';
import { z } from 'zod';

/** Codes inside the release entry: the first release of an order, and each that follows before it was fetched. */
export const RELEASE_CODES = ['package.released', 'package.reissued'] as const;

/** What the release entry of the ledger commits to. Roots stand for persons; nobody is named. */
export const ReleasePayload = z.looseObject({
  code: z.enum(RELEASE_CODES),
  at: z.string(),
  order: z.uuid(),
  /** SHA-256 of the bytes of `manifest.json`. */
  manifest: z.string().regex(/^[0-9a-f]{64}$/),
  /** did:key of the operator's release key: the signature beside the manifest must be of this key. */
  releaseKey: z.string(),
});

export type ReleasePayload = z.infer<typeof ReleasePayload>;

const ReceiptFile = z.strictObject({
  entry: z.string(),
  opening: z.strictObject({ payload: z.string(), salt: z.string() }),
});

/** The release entry as it stands in the log, and what opens its commitment. */
export interface ReleaseReceipt {
  readonly entry: Uint8Array;
  readonly opening: Opening;
}

/** The text of `receipts/release.json`. */
export function receiptText({ entry, opening }: ReleaseReceipt): string {
  const { payload, salt } = opening;
  return canonicalJson({ entry: base64.encode(entry), opening: { payload, salt: base64.encode(salt) } });
}

/** Reads `receipts/release.json`; throws a TypeError for anything that {@link receiptText} would not have written. */
export function parseReceipt(text: string): ReleaseReceipt {
  const parsed = ReceiptFile.safeParse(parseJson(text));
  if (!parsed.success || canonicalJson(parsed.data) !== text) throw new TypeError('not in the form of a receipt');
  const { entry, opening } = parsed.data;
  return { entry: base64.decode(entry), opening: { payload: opening.payload, salt: base64.decode(opening.salt) } };
}

/** The claims inside the opened entry; throws a TypeError when it is not the entry of a release. */
export function parseReleasePayload(payload: string): ReleasePayload {
  const parsed = ReleasePayload.safeParse(parseJson(payload));
  if (!parsed.success) throw new TypeError('the entry is not that of a release');
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the schema
  }
}
