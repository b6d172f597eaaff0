import { DomainError } from '@aceso/kernel';

type DemoErrorCode =
  'DEMO_DATABASE_IN_USE' | 'DEMO_ENDED_EARLY' | 'DEMO_OUTPUT_IN_USE' | 'DEMO_STEP_NOT_SHOWN' | 'DEMO_TIMED_OUT';

/** Why a demo cannot be played or did not come to its end. */
export class DemoError extends DomainError<DemoErrorCode> {}
