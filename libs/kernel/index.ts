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
export {
  ASSERTION_SIGNATURE_BYTES_MAX,
  assertionFault,
  AUTHENTICATOR_DATA_BYTES_MAX,
  CLIENT_DATA_BYTES_MAX,
  readAuthenticatorData,
} from './assertion';
export type { AssertionFault, AssertionProof, AuthenticatorData, PasskeyChecks, RelyingParty } from './assertion';
export { base64, base64url, decodeDidKey, encodeDidKey, encodeP256DidKey, hex, parseDidKey } from './encoding';
export type { DidPublicKey } from './encoding';
export { canonicalJson } from './canonical-json';
export type { Json } from './canonical-json';
export type {
  Clock,
  HmacSha256,
  RandomBytes,
  Sha256,
  SignEd25519,
  VerifyEd25519,
  VerifyMlDsa44,
  VerifyP256,
} from './cryptography';
export {
  KEY_KINDS,
  signStatement,
  STATEMENT_BYTES_MAX,
  openStatement,
  statementBytes,
  statementChallenge,
  statementDigest,
  StatementError,
  statementText,
  verifyStatement,
} from './statement';
export type { KeyKind, Statement, StatementErrorCode, UnsignedStatement, VerifiedStatement } from './statement';
