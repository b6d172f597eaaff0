import {
  base64,
  canonicalJson,
  encodeDidKey,
  hex,
  signStatement,
  statementText,
  utf8,
  verifyStatement,
  type HmacSha256,
  type OrderId,
  type Sha256,
  type SignEd25519,
  type Statement,
} from '@aceso/kernel';
import { freeClaims, uuidClaim } from '@aceso/identity/domain';
import { buildMemberList, type Opening } from '@aceso/ledger/domain';
import { z } from 'zod';

export const WITHDRAWAL_LIST_FORMAT = 'aceso/withdrawal-list/v1';
/** Code inside the ledger entry of a list. */
export const WITHDRAWAL_LIST_CODE = 'withdrawals.listed';
/** How the name of a list ends, open and encrypted. */
export const WITHDRAWAL_LIST_EXTENSION = '.withdrawals.json';
export const ENCRYPTED_LIST_EXTENSION = '.withdrawals.age';
/** More bytes than any list has: a million persons. */
export const WITHDRAWAL_LIST_BYTES_MAX = 268_435_456;

const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
const Base64 = z.base64();

const Pseudonym = z.string().min(1).max(128);

/**
 * Rows of a package that its buyer has to delete, in every file and every copy: all rows of some persons, and single rows that
 * a provider took back as entered in error.
 */
export const WithdrawalList = z
  .strictObject({
    format: z.literal(WITHDRAWAL_LIST_FORMAT),
    order: uuidClaim,
    /** 1, and one more with each list of the order. */
    number: z.int().min(1),
    /** Day on which it was made. */
    madeOn: z.iso.date(),
    /** SHA-256 of the manifest of the package that the rows are in. */
    manifest: Sha256Hex,
    /** The log in which the list stands; a claim, not a proof. */
    log: z.strictObject({ verifierKey: z.string() }),
    /** By pseudonym. The salt opens the person's leaf under the root that the ledger entry holds. No reason is told. */
    deleted: z
      .array(z.strictObject({ pseudonym: Pseudonym, salt: Base64 }))
      .refine((rows) => rows.every(({ pseudonym }, at) => at === 0 || (rows[at - 1]?.pseudonym ?? '') < pseudonym)),
    /**
     * By the row's `id`; absent when there are none. A row that was left out of the files (its date, a rare code) may be among
     * them: there is nothing to delete then.
     */
    retracted: z
      .array(z.strictObject({ type: z.string().min(1).max(64), row: Pseudonym, salt: Base64 }))
      .min(1)
      .refine((rows) => rows.every(({ row }, at) => at === 0 || (rows[at - 1]?.row ?? '') < row))
      .optional(),
  })
  .refine(({ deleted, retracted }) => deleted.length > 0 || retracted !== undefined);

export type WithdrawalList = z.infer<typeof WithdrawalList>;

const SignatureClaims = freeClaims({ order: uuidClaim, list: Sha256Hex });

const ListFile = z.strictObject({
  list: WithdrawalList,
  signature: z.json(),
  entry: Base64,
  opening: z.strictObject({ payload: z.string(), salt: Base64 }),
  /** C2SP tlog-proof. */
  proof: z.string(),
});

/** A list with everything that proves it. */
export interface WithdrawalListFile {
  readonly list: WithdrawalList;
  /** Text of the operator's statement over the list. */
  readonly signature: string;
  readonly entry: Uint8Array;
  readonly opening: Opening;
  readonly proof: string;
}

/** Rows in their order, salted. The same key, list and persons give the same rows: a list can be written again. */
export function deletedRows(
  pseudonyms: readonly string[],
  { saleKey, listId }: { readonly saleKey: Uint8Array; readonly listId: string },
  hmacSha256: HmacSha256,
): WithdrawalList['deleted'] {
  return [...pseudonyms].sort().map((pseudonym) => ({
    pseudonym,
    salt: base64.encode(hmacSha256(saleKey, utf8(`aceso/withdrawal-salt/v1\0${listId}\0${pseudonym}`))),
  }));
}

/** Single rows in their order, salted as persons are. */
export function retractedListRows(
  rows: readonly { readonly type: string; readonly row: string }[],
  { saleKey, listId }: { readonly saleKey: Uint8Array; readonly listId: string },
  hmacSha256: HmacSha256,
): NonNullable<WithdrawalList['retracted']> {
  return [...rows]
    .sort((a, b) => (a.row < b.row ? -1 : 1))
    .map(({ type, row }) => ({
      type,
      row,
      salt: base64.encode(hmacSha256(saleKey, utf8(`aceso/withdrawal-salt/v1\0${listId}\0${type}/${row}`))),
    }));
}

/** Base64 root over one salted leaf a person and a row, sorted by hash (transparency-log.md 12.2). */
export function rootOfList(
  { order, deleted, retracted = [] }: Pick<WithdrawalList, 'order' | 'deleted' | 'retracted'>,
  sha256: Sha256,
): string {
  const leaf = (salt: string, named: { readonly [name: string]: string }) => ({
    salt: base64.decode(salt),
    payload: canonicalJson({ order, ...named }),
  });
  const leaves = [
    ...deleted.map(({ pseudonym, salt }) => leaf(salt, { pseudonym })),
    ...retracted.map(({ type, row, salt }) => leaf(salt, { type, row })),
  ];
  return base64.encode(buildMemberList(leaves, sha256).root);
}

/** SHA-256 of a list's canonical text, lower-case hexadecimal: what is signed, logged and acknowledged. */
export function listDigest(list: WithdrawalList, sha256: Sha256): string {
  return hex.encode(sha256(utf8(canonicalJson(list))));
}

/** The operator's statement over a list; times in Unix seconds, `exp` the end of the buyer's permit. */
export function signWithdrawalList(
  claims: { readonly jti: string; readonly aud: string; readonly iat: number; readonly exp: number } & {
    readonly order: OrderId;
    readonly list: string;
  },
  publicKey: Uint8Array,
  sign: SignEd25519,
): string {
  const kid = encodeDidKey(publicKey);
  const payload = SignatureClaims.parse({ ...claims, signer: kid, authority: 'self' });
  return statementText(signStatement({ typ: WITHDRAWAL_LIST_FORMAT, kid, payload }, sign));
}

/** Claims of a list's signature, and the key. Throws a StatementError or a TypeError. */
export function readListSignature(
  text: string,
  verify: Parameters<typeof verifyStatement>[2],
): { claims: z.infer<typeof SignatureClaims>; releaseKey: string } {
  const statement = verifyStatement(text, WITHDRAWAL_LIST_FORMAT, verify);
  const claims = SignatureClaims.safeParse(statement.payload);
  if (!claims.success || claims.data.signer !== statement.kid || statementText(statement) !== text) {
    throw new TypeError('the statement lacks a claim of a withdrawal list');
  }
  return { claims: claims.data, releaseKey: statement.kid };
}

/** Text of the file that the buyer opens; canonical, so that one list has one text a proof. */
export function listFileText({ list, signature, entry, opening, proof }: WithdrawalListFile): string {
  const { payload, salt } = opening;
  return canonicalJson({
    list,
    signature: JSON.parse(signature) as Record<string, string>,
    entry: base64.encode(entry),
    opening: { payload, salt: base64.encode(salt) },
    proof,
  });
}

/** Reads what {@link listFileText} writes; throws a TypeError for anything else. */
export function parseListFile(text: string): WithdrawalListFile {
  const parsed = ListFile.safeParse(parseJson(text));
  if (!parsed.success || canonicalJson(parsed.data) !== text)
    throw new TypeError('not in the form of a withdrawal list');
  const { list, signature, entry, opening, proof } = parsed.data;
  return {
    list,
    signature: statementText(signature as unknown as Statement<string, unknown>),
    entry: base64.decode(entry),
    opening: { payload: opening.payload, salt: base64.decode(opening.salt) },
    proof,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the schema
  }
}
