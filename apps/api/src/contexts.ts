import type { Type } from '@nestjs/common';
import { AuditApiModule } from '@aceso/audit/api';
import { CohortApiModule } from '@aceso/cohort/api';
import { ConsentApiModule } from '@aceso/consent/api';
import { ExtractionApiModule } from '@aceso/extraction/api';
import { IdentityApiModule } from '@aceso/identity/api';
import { LedgerApiModule } from '@aceso/ledger/api';
import { MarketplaceApiModule } from '@aceso/marketplace/api';
import { RegisterApiModule } from '@aceso/register/api';
import { SettlementApiModule } from '@aceso/settlement/api';

/** What the contexts show to clients, in import order. */
export const CONTEXTS: readonly Type[] = [
  LedgerApiModule,
  AuditApiModule,
  IdentityApiModule,
  ConsentApiModule,
  RegisterApiModule,
  CohortApiModule,
  SettlementApiModule,
  MarketplaceApiModule,
  ExtractionApiModule,
];
