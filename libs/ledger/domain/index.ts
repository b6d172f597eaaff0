export {
  admitCheckpoint,
  cosignedPath,
  formatAddCheckpoint,
  judgeCheckpoint,
  parseAddCheckpoint,
  parseCosignatureLines,
  parseCosignedSize,
  SIZE_MEDIA_TYPE,
} from './add-checkpoint';
export type {
  AddCheckpoint,
  AddCheckpointOutcome,
  AdmittedCheckpoint,
  Contradiction,
  CosignedState,
  ReadAddCheckpoint,
  TurnedAway,
} from './add-checkpoint';
export { anchorOf, LOST_AFTER_MS, nextStep, standingOf, stateOfUnseen } from './anchor';
export type { Anchor, AnchorEvent, AnchorState, ContractState, NextStep, Ours, Sighting, Waiting } from './anchor';
export { formatCheckpoint, parseCheckpoint, parseDecimal, parseHashLine, signCheckpoint } from './checkpoint';
export type { Checkpoint } from './checkpoint';
export { commitmentOf, encodePayload, PAYLOAD_BYTES_MAX, SALT_BYTES, subjectTag, verifyOpening } from './commitment';
export type { EntryPayload, Opening } from './commitment';
export { cosign, cosignatureMessage, parseCosignature, subtreeMessage } from './cosignature';
export type { Cosignature, CosignatureType } from './cosignature';
export {
  blockTime,
  decodeEntry,
  encodeEntry,
  encodeHeader,
  ENTRY_BYTES,
  HEADER_BYTES,
  isCommitted,
  NONCE_BYTES,
} from './entry';
export type { BlockHeader, CommittedEntry, EntryKind, LedgerEntry } from './entry';
export { decodeEntryBundle, encodeEntryBundle, ENTRY_BUNDLE_BYTES_MAX } from './entry-bundle';
export { erasedSubjects, erasureList, LEGAL_BASES, wasErased } from './erasure-list';
export type { ErasedEntry, ErasureList, LegalBasis } from './erasure-list';
export { LedgerError } from './ledger.errors';
export type { LedgerErrorCode } from './ledger.errors';
export { buildMemberList, verifyMember } from './member-list';
export type { MemberOpening, MemberProof } from './member-list';
export { CompactRange, emptyRoot, HASH_BYTES, joinSubtrees, leafHash, nodeHash, treeRoot } from './merkle';
export type { NodeId } from './merkle';
export { formatNote, formatSignatureLine, NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, parseNote, verifyNote } from './note';
export type { Note, NoteSignature, SignatureChecks, VerifiedSignature } from './note';
export {
  consistencyRanges,
  inclusionRanges,
  PROOF_HASHES_MAX,
  proofHashes,
  rangeNodes,
  verifyConsistency,
  verifyInclusion,
} from './proof';
export type { ConsistencyClaim, InclusionClaim, LeafRange, NodeSource } from './proof';
export { verifyCheckpoint, verifyReceipt } from './receipt';
export type { VerifiedReceipt, VerifierCrypto, WitnessTime } from './receipt';
export { decodeReceiptExtra, encodeReceiptExtra, withExtra } from './receipt-extra';
export type { ReceiptExtra } from './receipt-extra';
export { judgeReceipt, sizesToCompare } from './receipt-judgement';
export type { ReceiptQuestion, ReceiptReport, ReceiptStep, ReceiptVerdict } from './receipt-judgement';
export { isTileLevel, nodeFromTile, TILE_HASHES, TILE_LEVELS, tileBelow, tilePosition } from './tile';
export type { TileId } from './tile';
export {
  ENTRIES,
  formatTilePath,
  parseTilePath,
  sizesThatNeed,
  tileLevels,
  tilesOfLevel,
  tileWidth,
} from './tile-path';
export type { TileName } from './tile-path';
export { consistencyFromTiles, inclusionFromTiles, requireTile, rootFromTiles } from './tile-tree';
export type { TileSource, TileTree } from './tile-tree';
export { formatTlogProof, parseTlogProof, TLOG_PROOF_EXTENSION } from './tlog-proof';
export type { TlogProof } from './tlog-proof';
export { auditTree } from './tree-audit';
export type { AuditedTree } from './tree-audit';
export { isOperatorsOwn, parseLogKeys, parseTrustPolicy, quorumMet, trustsOperatorOnly } from './trust-policy';
export type { PolicyWitness, TrustPolicy, WitnessGroup } from './trust-policy';
export { formatVerifierKey, isKeyName, KEY_TYPE, parseVerifierKey, verifierKey } from './verifier-key';
export type { KeyType, VerifierKey } from './verifier-key';
