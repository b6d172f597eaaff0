import { Module } from '@nestjs/common';
import { IdentityModule } from '@aceso/identity';
import { ExtractionModule } from '../extraction.module';
import { FeasibilityFieldsResolver } from './feasibility-fields.resolver';
import { OrderFieldsResolver } from './order-fields.resolver';
import { PackageController } from './package.controller';
import { ReleaseReceiptResolver } from './release-receipt.resolver';
import { WithdrawalController } from './withdrawal.controller';
import { WithdrawalResolver } from './withdrawal.resolver';

/** Progress, package and withdrawal lists of orders and members' receipts over GraphQL, and the downloads. */
@Module({
  imports: [ExtractionModule, IdentityModule],
  providers: [FeasibilityFieldsResolver, OrderFieldsResolver, ReleaseReceiptResolver, WithdrawalResolver],
  controllers: [PackageController, WithdrawalController],
})
export class ExtractionApiModule {}
