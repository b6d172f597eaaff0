import { Module } from '@nestjs/common';
import { ExtractionModule } from '../extraction.module';
import { OrderFieldsResolver } from './order-fields.resolver';
import { PackageController } from './package.controller';

/** Progress and package of orders over GraphQL, and the download. */
@Module({ imports: [ExtractionModule], providers: [OrderFieldsResolver], controllers: [PackageController] })
export class ExtractionApiModule {}
