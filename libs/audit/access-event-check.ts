import { loggedCheck } from '@aceso/ledger';

/** Access events that concern somebody and whose entry is not in the ledger: part of `aceso ledger fsck`. */
export const accessEventsCheck = loggedCheck('access events', [
  { table: 'audit.access_event', key: 'seq', entry: 'ledger_entry_id' },
]);
