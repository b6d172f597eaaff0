import type { Type } from '@nestjs/common';
import { CohortApiModule } from '@aceso/cohort/api';
import { SettlementApiModule } from '@aceso/settlement/api';

/** What the contexts show to clients, in import order. */
export const CONTEXTS: readonly Type[] = [CohortApiModule, SettlementApiModule];
