import { loggedCheck } from '@aceso/ledger';

/** Releases, disclosures and fetches whose entry is not in the ledger: part of `aceso ledger fsck`. */
export const deliveriesCheck = loggedCheck('releases and fetches', [
  { table: 'extraction.package', key: 'id', entry: 'entry_id' },
  { table: 'extraction.disclosure', key: 'package_id', entry: 'entry_id' },
  { table: 'extraction.fetch', key: 'id', entry: 'entry_id' },
]);
