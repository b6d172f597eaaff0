import { DomainError } from '@aceso/kernel';

export type WitnessErrorCode =
  | 'WITNESS_USAGE'
  | 'WITNESS_HOME_IN_USE'
  | 'WITNESS_KEY_READABLE_BY_OTHERS'
  | 'WITNESS_KEY_MALFORMED'
  | 'WITNESS_NAME_CHANGED'
  | 'WITNESS_STORAGE_DAMAGED';

/** Why a witness does not start, or does not cosign. */
export class WitnessError extends DomainError<WitnessErrorCode> {}
