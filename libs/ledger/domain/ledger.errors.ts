import { DomainError } from '@aceso/kernel';

/** Refusals of the pure core: what a verifier says about a file that was handed to it. */
type VerificationCode =
  | 'TREE_POSITION_INVALID'
  | 'INCLUSION_PROOF_WRONG'
  /** the smaller tree is no beginning of the larger one, or the proof is of other sizes */
  | 'CONSISTENCY_PROOF_WRONG'
  | 'VERIFIER_KEY_MALFORMED'
  | 'NOTE_MALFORMED'
  | 'NOTE_SIGNATURE_WRONG'
  | 'NOTE_NOT_SIGNED'
  | 'CHECKPOINT_MALFORMED'
  | 'COSIGNATURE_MALFORMED'
  | 'TLOG_PROOF_MALFORMED'
  | 'ADD_CHECKPOINT_MALFORMED'
  | 'TRUST_POLICY_MALFORMED'
  | 'LOG_NOT_TRUSTED'
  | 'WITNESS_QUORUM_NOT_MET'
  | 'ENTRY_MALFORMED'
  | 'OPENING_WRONG'
  | 'MEMBER_PROOF_WRONG'
  | 'TILE_PATH_MALFORMED'
  | 'TILE_MALFORMED'
  | 'TILE_WRONG'
  | 'ENTRY_BUNDLE_MALFORMED'
  | 'BLOCK_CHAIN_BROKEN'
  | 'RECEIPT_EXTRA_MALFORMED'
  | 'RECEIPT_ENTRY_MISSING';

/** Refusals of the server side: storage, sequencer, receipts. */
type ServiceCode =
  | 'LEDGER_ENTRY_TOO_LARGE'
  | 'LEDGER_STORAGE_DAMAGED'
  | 'LEDGER_NOT_PUBLISHED'
  | 'LEDGER_ENTRY_NOT_PUBLIC'
  | 'LEDGER_ORIGIN_CHANGED'
  | 'LEDGER_SIGNING_RECORD_MISSING'
  | 'LEDGER_SIGNING_RECORD_MALFORMED'
  | 'LEDGER_ROLLED_BACK'
  | 'LEDGER_FORKED'
  | 'LEDGER_TWO_SEQUENCERS'
  | 'WITNESS_POLICY_UNREADABLE';

/** Refusals around the contract that remembers checkpoints. */
type AnchorCode =
  | 'ANCHOR_KEY_INVALID'
  | 'ANCHOR_NODE_UNREACHABLE'
  | 'ANCHOR_NODE_REFUSED'
  | 'ANCHOR_CHAIN_WRONG'
  | 'ANCHOR_CONTRACT_UNKNOWN'
  | 'ANCHOR_NOT_OWNER'
  | 'ANCHOR_FUNDS_INSUFFICIENT'
  | 'ANCHOR_FINALITY_UNKNOWN'
  | 'ANCHOR_CONTRADICTED';

/** Refusals of an audit: what somebody else's log cannot or may not be asked. */
type AuditCode = 'RESOURCE_MISSING' | 'RESOURCE_TOO_LARGE' | 'LOG_UNREACHABLE' | 'TOKEN_NOT_SENT';

export type LedgerErrorCode = VerificationCode | ServiceCode | AnchorCode | AuditCode;

/** The one error of this context. Messages name positions and formats, never the content of an entry. */
export class LedgerError extends DomainError<LedgerErrorCode> {}
