import { Module } from '@nestjs/common';
import { ExtractionModule } from '../extraction.module';
import { OrderFieldsResolver } from './order-fields.resolver';
import { PackageController } from './package.controller';
import { ReleaseReceiptResolver } from './release-receipt.resolver';

/** Progress and package of orders and members' receipts over GraphQL, and the download. */
@Module({
  imports: [ExtractionModule],
  providers: [OrderFieldsResolver, ReleaseReceiptResolver],
  controllers: [PackageController],
})
export class ExtractionApiModule {}
