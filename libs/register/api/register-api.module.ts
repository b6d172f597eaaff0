import { Module } from '@nestjs/common';
import { RegisterModule } from '../register.module';
import { DisclosureController } from './disclosure.controller';
import { DisclosureResolver } from './disclosure.resolver';
import { EmergencyResolver } from './emergency.resolver';
import { IngestResolver } from './ingest.resolver';
import { RecordController } from './record.controller';
import { RecordResolver } from './record.resolver';
import { SourceRecordResolver } from './source-record.resolver';
import { UploadController } from './upload.controller';

/** Uploads, ingests and source records over GraphQL and HTTP. */
@Module({
  imports: [RegisterModule],
  controllers: [DisclosureController, RecordController, UploadController],
  providers: [DisclosureResolver, EmergencyResolver, IngestResolver, RecordResolver, SourceRecordResolver],
})
export class RegisterApiModule {}
