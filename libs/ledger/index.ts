export { KeyUseLog } from './key-use-log';
export type { KeyUse } from './key-use-log';
export { Ledger } from './ledger';
export type { Asker, EntryProof, LedgerEntryInput, PublishedCheckpoint, Receipt, Standing } from './ledger';
export { LedgerModule } from './ledger.module';
export { INSTANCE_SUBJECT } from './subject-keys';
export { LedgerError } from './domain';
export type { EntryKind, LedgerErrorCode, Opening } from './domain';
