import { Module } from '@nestjs/common';
import { ConsentModule } from '../consent.module';
import { ConsentDocumentResolver } from './consent-document.resolver';
import { ConsentResolver } from './consent.resolver';
import { PermissionResolver } from './permission.resolver';

/** Terms, revocations and one's own grants over GraphQL; answers to requests come through the marketplace. */
@Module({ imports: [ConsentModule], providers: [ConsentResolver, ConsentDocumentResolver, PermissionResolver] })
export class ConsentApiModule {}
