import { Module } from '@nestjs/common';
import { AuditModule } from '@aceso/audit';
import { IdentityModule } from '@aceso/identity';
import { ConsentDocumentService } from './consent-document.service';
import { ConsentService } from './consent.service';
import { GrantHistory } from './grant-history';
import { InstalledDiseases } from './installed-diseases';
import { PermissionService } from './permission.service';
import { StandingTermsService } from './standing-terms.service';

const SERVICES = [
  ConsentService,
  ConsentDocumentService,
  GrantHistory,
  InstalledDiseases,
  PermissionService,
  StandingTermsService,
];

/** Terms, grants, revocations and refusals; the one place that decides. */
@Module({ imports: [AuditModule, IdentityModule], providers: SERVICES, exports: SERVICES })
export class ConsentModule {}
