import { Global, Module } from '@nestjs/common';
import { KeyUseLog } from '@aceso/ledger';
import { RefusalLog } from '@aceso/platform';
import { AuditService } from './audit.service';
import { KeyUseEvents } from './key-use-events';
import { RefusalEvents } from './refusal-events';

/** Access events for every context, the trace that the ledger's keys need, and what the edge refused. */
@Global()
@Module({
  providers: [
    AuditService,
    { provide: KeyUseLog, useClass: KeyUseEvents },
    { provide: RefusalLog, useClass: RefusalEvents },
  ],
  exports: [AuditService, KeyUseLog, RefusalLog],
})
export class AuditModule {}
