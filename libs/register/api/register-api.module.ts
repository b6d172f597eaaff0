import { Module } from '@nestjs/common';
import { IdentityModule } from '@aceso/identity';
import { LedgerModule } from '@aceso/ledger';
import { ErasureService } from '../erasure.service';
import { RegisterModule } from '../register.module';
import { DisclosureController } from './disclosure.controller';
import { DisclosureResolver } from './disclosure.resolver';
import { EmergencyResolver } from './emergency.resolver';
import { ErasureResolver } from './erasure.resolver';
import { IngestResolver } from './ingest.resolver';
import { RecordController } from './record.controller';
import { RecordResolver } from './record.resolver';
import { SourceRecordResolver } from './source-record.resolver';
import { UploadController } from './upload.controller';

/** Uploads, ingests and source records over GraphQL and HTTP. */
@Module({
  imports: [RegisterModule, IdentityModule, LedgerModule],
  controllers: [DisclosureController, RecordController, UploadController],
  providers: [
    DisclosureResolver,
    EmergencyResolver,
    ErasureResolver,
    ErasureService,
    IngestResolver,
    RecordResolver,
    SourceRecordResolver,
  ],
})
export class RegisterApiModule {}
