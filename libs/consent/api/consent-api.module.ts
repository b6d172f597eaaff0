import { Module } from '@nestjs/common';
import { IdentityModule } from '@aceso/identity';
import { ConsentModule } from '../consent.module';
import { ConsentDocumentResolver } from './consent-document.resolver';
import { ConsentResolver } from './consent.resolver';
import { PermissionResolver } from './permission.resolver';

/** Terms, revocations and one's own grants over GraphQL; answers to requests come through the marketplace. */
@Module({
  imports: [ConsentModule, IdentityModule],
  providers: [ConsentResolver, ConsentDocumentResolver, PermissionResolver],
})
export class ConsentApiModule {}
