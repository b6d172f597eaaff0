export type { FsckCheck, FsckContext, FsckFinding, RecordRead } from './check';
export { FSCK_CHECKS, fsckLedger } from './fsck';
export type { FsckOptions, FsckReport } from './fsck';
export { loggedCheck } from './logged-check';
export type { LoggedRows } from './logged-check';
export { openingsCheck } from './openings-check';
export type { OpenedEntry, OpeningsCheckParts } from './openings-check';
