import { Module } from '@nestjs/common';
import { AuditExport } from '../audit-export';
import { AuditModule } from '../audit.module';
import { AuditController } from './audit.controller';

/** The access log over HTTP. */
@Module({ imports: [AuditModule], providers: [AuditExport], controllers: [AuditController] })
export class AuditApiModule {}
