import { Module } from '@nestjs/common';
import { IdentityModule } from '@aceso/identity';
import { SettlementModule } from '@aceso/settlement';
import { MarketplaceModule } from '../marketplace.module';
import { AnswerResolver } from './answer.resolver';
import { ConsentBundleResolver } from './consent-bundle.resolver';
import { FeasibilityResolver } from './feasibility.resolver';
import { OrderResolver } from './order.resolver';
import { RequestSumsResolver } from './request-sums.resolver';
import { RequestResolver } from './request.resolver';
import { ReviewResolver } from './review.resolver';
import { VisaController } from './visa.controller';
import { VisaResolver } from './visa.resolver';

/** Requests, answers, decisions and orders over GraphQL. The extraction context adds fields to `Order`. */
@Module({
  imports: [IdentityModule, MarketplaceModule, SettlementModule],
  providers: [
    AnswerResolver,
    ConsentBundleResolver,
    FeasibilityResolver,
    OrderResolver,
    RequestResolver,
    RequestSumsResolver,
    ReviewResolver,
    VisaResolver,
  ],
  controllers: [VisaController],
})
export class MarketplaceApiModule {}
