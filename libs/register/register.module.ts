import { Global, Module } from '@nestjs/common';
import { AuditModule } from '@aceso/audit';
import { SourceRecordDirectory } from '@aceso/identity';
import { LedgerModule } from '@aceso/ledger';

import { HeldKeys } from './held-keys';
import { IndexService } from './index.service';
import { IngestService } from './ingest.service';
import { IngestWork } from './ingest/ingest-work';
import { Matcher } from './ingest/matcher';
import { Quarantine } from './ingest/quarantine';
import { RecordOpener } from './ingest/record-opener';
import { ReportStore } from './ingest/report';
import { SegmentWriter } from './ingest/segment-writer';
import { RecordReader } from './record-reader';
import { RegisteredSourceRecords } from './source-record-directory';
import { SourceRecordService } from './source-record.service';
import { UploadService } from './upload.service';

const SERVICES = [IndexService, IngestService, Quarantine, RecordReader, SourceRecordService, UploadService];
const PARTS = [HeldKeys, IngestWork, Matcher, RecordOpener, ReportStore, SegmentWriter];

/** What identity, a context above, asks about source records: it takes whatever the process provides. */
@Global()
@Module({
  providers: [{ provide: SourceRecordDirectory, useClass: RegisteredSourceRecords }],
  exports: [SourceRecordDirectory],
})
class SourceRecordDirectoryModule {}

/** Source records, their sealed segments and the fact index. */
@Module({
  imports: [AuditModule, LedgerModule, SourceRecordDirectoryModule],
  providers: [...SERVICES, ...PARTS],
  exports: SERVICES,
})
export class RegisterModule {}
