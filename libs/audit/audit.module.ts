import { Global, Module } from '@nestjs/common';
import { KeyUseLog } from '@aceso/ledger';
import { AuditService } from './audit.service';
import { KeyUseEvents } from './key-use-events';

/** Access events for every context, and the trace that the ledger's keys need. */
@Global()
@Module({
  providers: [AuditService, { provide: KeyUseLog, useClass: KeyUseEvents }],
  exports: [AuditService, KeyUseLog],
})
export class AuditModule {}
