import { Module } from '@nestjs/common';
import { TokenVerifier } from '@aceso/platform/graphql';
import { IdentityModule } from '../identity.module';
import { AffiliationResolver } from './affiliation.resolver';
import { BindingResolver } from './binding.resolver';
import { GuardianResolver } from './guardian.resolver';
import { HeadReceiptResolver } from './head-receipt.resolver';
import { KeyResolver } from './key.resolver';
import { LicenceResolver } from './licence.resolver';
import { MembershipResolver } from './membership.resolver';
import { PartyResolver } from './party.resolver';
import { PartyTokenVerifier } from './party-token-verifier';
import { RecoveryResolver } from './recovery.resolver';
import { VaultItemResolver } from './vault-item.resolver';

/** Registration, sessions, contacts and bindings over GraphQL; tells the guard whose a token is. */
@Module({
  imports: [IdentityModule],
  providers: [
    AffiliationResolver,
    PartyResolver,
    BindingResolver,
    GuardianResolver,
    HeadReceiptResolver,
    KeyResolver,
    LicenceResolver,
    VaultItemResolver,
    MembershipResolver,
    RecoveryResolver,
    { provide: TokenVerifier, useClass: PartyTokenVerifier },
  ],
  exports: [TokenVerifier],
})
export class IdentityApiModule {}
