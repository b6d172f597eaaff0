export { Anchoring } from './anchoring';
export type { AnchoringStep, RoundResult } from './anchoring';
export { BATCH_ENTRIES_MAX } from './batch';
export { DueErasures } from './erasure.consumer';
export { LedgerJobsModule } from './ledger-jobs.module';
export { BATCH_MS_MAX, Sequencer } from './sequencer';
export type { SequencerConfig, SequencerStep } from './sequencer';
