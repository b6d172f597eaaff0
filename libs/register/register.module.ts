import { Global, Module } from '@nestjs/common';
import { AuditModule } from '@aceso/audit';
import { ConsentModule } from '@aceso/consent';
import { IdentityModule, SourceRecordDirectory } from '@aceso/identity';
import { LedgerModule } from '@aceso/ledger';

import { AccessDecision } from './access/access-decision';
import { DisclosureService } from './access/disclosure.service';
import { EmergencyService } from './access/emergency.service';
import { OwnRecordService } from './access/own-record.service';
import { PhysicianRecordService } from './access/physician-record.service';
import { RecordWriteService } from './access/record-write.service';
import { FactCheck } from './fact-check';
import { FactMerge } from './fact-merge';
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

const SERVICES = [
  FactCheck,
  FactMerge,
  IndexService,
  IngestService,
  Quarantine,
  RecordReader,
  SourceRecordService,
  UploadService,
];
const ACCESS = [DisclosureService, EmergencyService, OwnRecordService, PhysicianRecordService, RecordWriteService];
const PARTS = [AccessDecision, HeldKeys, IngestWork, Matcher, RecordOpener, ReportStore, SegmentWriter];

/** What identity, a context above, asks about source records: it takes whatever the process provides. */
@Global()
@Module({
  providers: [{ provide: SourceRecordDirectory, useClass: RegisteredSourceRecords }],
  exports: [SourceRecordDirectory],
})
class SourceRecordDirectoryModule {}

/** Source records, their sealed segments and the fact index. */
@Module({
  imports: [AuditModule, ConsentModule, IdentityModule, LedgerModule, SourceRecordDirectoryModule],
  providers: [...SERVICES, ...ACCESS, ...PARTS],
  exports: [...SERVICES, ...ACCESS],
})
export class RegisterModule {}
