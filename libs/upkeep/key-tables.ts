import { PARTICIPATION_KEY_TABLE, SALE_KEY_TABLE } from '@aceso/extraction';
import { VAULT_KEY_TABLE } from '@aceso/identity';
import { SUBJECT_KEY_TABLE } from '@aceso/ledger';
import type { KeyTable } from '@aceso/platform';
import { EMERGENCY_KEY_TABLE, HELD_KEY_TABLE, SOURCE_RECORD_KEY_TABLE } from '@aceso/register';

/** Every table with keys that are wrapped by the master key of an epoch. A test compares the list with the database. */
export const KEY_TABLES: readonly KeyTable[] = [
  SUBJECT_KEY_TABLE,
  VAULT_KEY_TABLE,
  HELD_KEY_TABLE,
  SOURCE_RECORD_KEY_TABLE,
  EMERGENCY_KEY_TABLE,
  SALE_KEY_TABLE,
  PARTICIPATION_KEY_TABLE,
];
