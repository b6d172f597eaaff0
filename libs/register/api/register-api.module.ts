import { Module } from '@nestjs/common';
import { IdentityModule } from '@aceso/identity';
import { LedgerModule } from '@aceso/ledger';
import { ErasureService } from '../erasure.service';
import { RegisterModule } from '../register.module';
import { ErasureResolver } from './erasure.resolver';
import { IngestResolver } from './ingest.resolver';
import { SourceRecordResolver } from './source-record.resolver';
import { UploadController } from './upload.controller';

/** Uploads, ingests and source records over GraphQL and HTTP. */
@Module({
  imports: [RegisterModule, IdentityModule, LedgerModule],
  controllers: [UploadController],
  providers: [ErasureResolver, ErasureService, IngestResolver, SourceRecordResolver],
})
export class RegisterApiModule {}
