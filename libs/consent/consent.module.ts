import { Module } from '@nestjs/common';
import { AuditModule } from '@aceso/audit';
import { IdentityModule } from '@aceso/identity';
import { ConsentService } from './consent.service';
import { GrantHistory } from './grant-history';
import { InstalledDiseases } from './installed-diseases';
import { PermissionService } from './permission.service';
import { StandingTermsService } from './standing-terms.service';

const SERVICES = [ConsentService, GrantHistory, InstalledDiseases, PermissionService, StandingTermsService];

/** Terms, grants, revocations and refusals; the one place that decides. */
@Module({ imports: [AuditModule, IdentityModule], providers: SERVICES, exports: SERVICES })
export class ConsentModule {}
