import { Module } from '@nestjs/common';
import { IdentityModule } from '@aceso/identity';
import { ExtractionModule } from '../extraction.module';
import { DataOffer } from '../data-offer';
import { DataOfferResolver } from './data-offer.resolver';
import { FeasibilityFieldsResolver } from './feasibility-fields.resolver';
import { OrderFieldsResolver } from './order-fields.resolver';
import { PackageController } from './package.controller';
import { ReleaseReceiptResolver } from './release-receipt.resolver';
import { WithdrawalController } from './withdrawal.controller';
import { WithdrawalResolver } from './withdrawal.resolver';

/** Dictionaries and previews of tables, progress, package and withdrawal lists of orders and members' receipts over GraphQL, and the downloads. */
@Module({
  imports: [ExtractionModule, IdentityModule],
  providers: [
    DataOffer,
    DataOfferResolver,
    FeasibilityFieldsResolver,
    OrderFieldsResolver,
    ReleaseReceiptResolver,
    WithdrawalResolver,
  ],
  controllers: [PackageController, WithdrawalController],
})
export class ExtractionApiModule {}
