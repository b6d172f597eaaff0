export { assert, AssertionFailure, DomainError } from './error';
export { asId, isUuid } from './id';
export type {
  AccessEventId,
  CohortId,
  Id,
  LedgerEntryId,
  OrderId,
  PartyId,
  PersonId,
  RequestId,
  SourceRecordId,
  UploadId,
} from './id';
export { BASIS_POINTS, portion, splitEqually } from './money';
export type { Money } from './money';
export { bytesEqual, concat, fromUtf8, u64, utf8 } from './bytes';
export { base64, base64url, decodeDidKey, encodeDidKey, hex } from './encoding';
export { canonicalJson } from './canonical-json';
export type { Json } from './canonical-json';
export type { Clock, HmacSha256, RandomBytes, Sha256, SignEd25519, VerifyEd25519, VerifyMlDsa44 } from './cryptography';
export {
  signStatement,
  STATEMENT_BYTES_MAX,
  statementBytes,
  statementDigest,
  StatementError,
  statementText,
  verifyStatement,
} from './statement';
export type { Statement, StatementErrorCode } from './statement';
