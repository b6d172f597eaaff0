import { Module } from '@nestjs/common';
import { AuditModule } from '@aceso/audit';
import { IdentityModule } from '@aceso/identity';
import { ConsentService } from './consent.service';
import { GrantHistory } from './grant-history';
import { PermissionService } from './permission.service';

const SERVICES = [ConsentService, GrantHistory, PermissionService];

/** Terms, grants, revocations and refusals; the one place that decides. */
@Module({ imports: [AuditModule, IdentityModule], providers: SERVICES, exports: SERVICES })
export class ConsentModule {}
