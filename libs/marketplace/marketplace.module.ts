import { Module } from '@nestjs/common';
import { AuditModule } from '@aceso/audit';
import { CohortModule } from '@aceso/cohort';
import { ConsentModule } from '@aceso/consent';
import { IdentityModule } from '@aceso/identity';
import { LedgerModule } from '@aceso/ledger';
import { RegisterModule } from '@aceso/register';
import { SettlementModule } from '@aceso/settlement';
import { AnswerService } from './answer.service';
import { AskService } from './ask.service';
import { ConsentBundles } from './consent-bundles';
import { FeasibilityService } from './feasibility.service';
import { FundingService } from './funding.service';
import { Journal } from './journal';
import { OrderService } from './order.service';
import { RequestCatalogue } from './request-catalogue';
import { RequestService } from './request.service';
import { ReviewService } from './review.service';
import { TermsAnswers } from './terms-answers';
import { VisaEvidence } from './visa-evidence';
import { VisaIssuerService } from './visa-issuer';
import { VisaKeys } from './visa-keys';

const SERVICES = [
  AnswerService,
  AskService,
  ConsentBundles,
  FeasibilityService,
  FundingService,
  OrderService,
  RequestCatalogue,
  RequestService,
  ReviewService,
  VisaIssuerService,
  VisaKeys,
];

/** Requests, decisions, answers and orders. */
@Module({
  imports: [AuditModule, CohortModule, ConsentModule, IdentityModule, LedgerModule, RegisterModule, SettlementModule],
  providers: [Journal, TermsAnswers, VisaEvidence, ...SERVICES],
  exports: SERVICES,
})
export class MarketplaceModule {}
