import { Module } from '@nestjs/common';
import { RegisterModule } from '../register.module';
import { IngestResolver } from './ingest.resolver';
import { SourceRecordResolver } from './source-record.resolver';
import { UploadController } from './upload.controller';

/** Uploads, ingests and source records over GraphQL and HTTP. */
@Module({
  imports: [RegisterModule],
  controllers: [UploadController],
  providers: [IngestResolver, SourceRecordResolver],
})
export class RegisterApiModule {}
