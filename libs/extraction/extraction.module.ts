import { Module } from '@nestjs/common';
import { AuditModule } from '@aceso/audit';
import { CohortModule } from '@aceso/cohort';
import { ConsentModule } from '@aceso/consent';
import { IdentityModule } from '@aceso/identity';
import { LedgerModule } from '@aceso/ledger';
import { MarketplaceModule } from '@aceso/marketplace';
import { CONFIG, type Config } from '@aceso/platform';
import { RegisterModule } from '@aceso/register';
import { SettlementModule } from '@aceso/settlement';
import { DateShifts } from './date-shifts';
import { DeliveryEstimates } from './delivery-estimates';
import { DeliveryService } from './delivery.service';
import { DownloadService } from './download.service';
import { EmissionThreads } from './emission-threads';
import { EmissionService } from './emission.service';
import { FailedWork } from './failed-work';
import { FaultPoints } from './fault-points';
import { LeavingOut } from './leaving-out';
import { MemberSelection } from './member-selection';
import { OrderEnding } from './order-ending';
import { OrderWatch } from './order-watch';
import { PackageBuilder } from './package-builder';
import { Participations } from './participations';
import { PlanService } from './plan.service';
import { PublishedReceipt } from './published-receipt';
import { ReleaseCommit } from './release-commit';
import { ReleaseGate } from './release-gate';
import { ReleaseHistory } from './release-history';
import { ReleaseReceipts } from './release-receipts';
import { ReleaseService } from './release.service';
import { RiskSource } from './risk-source';
import { SaleKeys } from './sale-keys';
import { ShardOpening } from './shard-opening';
import { WithdrawalContent } from './withdrawal-content';
import { WithdrawalLists } from './withdrawal-lists';
import { WithdrawalPacking } from './withdrawal-packing';
import { WithdrawalRounds } from './withdrawal-rounds';
import { WorkFolders } from './work-folders';

const INNER = [
  DateShifts,
  LeavingOut,
  MemberSelection,
  OrderEnding,
  PackageBuilder,
  Participations,
  PublishedReceipt,
  ReleaseCommit,
  ReleaseGate,
  RiskSource,
  ReleaseHistory,
  ShardOpening,
  WithdrawalContent,
];
const SERVICES = [
  DeliveryEstimates,
  DeliveryService,
  DownloadService,
  EmissionService,
  FailedWork,
  OrderWatch,
  PlanService,
  ReleaseReceipts,
  ReleaseService,
  SaleKeys,
  WithdrawalLists,
  WithdrawalPacking,
  WithdrawalRounds,
  WorkFolders,
];

/** Plan, emit, measure, release and deliver. */
@Module({
  imports: [
    AuditModule,
    CohortModule,
    ConsentModule,
    IdentityModule,
    LedgerModule,
    MarketplaceModule,
    RegisterModule,
    SettlementModule,
  ],
  providers: [
    ...INNER,
    ...SERVICES,
    { provide: EmissionThreads, useFactory: (config: Config) => new EmissionThreads(config.threads), inject: [CONFIG] },
    { provide: FaultPoints, useFactory: (config: Config) => new FaultPoints(config.faultFolder), inject: [CONFIG] },
  ],
  exports: SERVICES,
})
export class ExtractionModule {}
