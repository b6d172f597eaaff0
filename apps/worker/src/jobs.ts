import type { Type } from '@nestjs/common';
import { LedgerJobsModule } from '@aceso/ledger/jobs';

/** What the contexts do in the background, in import order. */
export const JOBS: readonly Type[] = [LedgerJobsModule];
