import { Module } from '@nestjs/common';
import { AuditModule } from '@aceso/audit';
import { LedgerModule } from '@aceso/ledger';
import { AffiliationService } from './affiliation.service';
import { BindingService } from './binding.service';
import { GateService } from './gate.service';
import { GuardianService } from './guardian.service';
import { HeadReceipts } from './head-receipts';
import { InvitationService } from './invitation.service';
import { KeyService } from './key.service';
import { LicenceList } from './licence-list';
import { LicenceService } from './licence.service';
import { LinkService } from './link.service';
import { RetractionService } from './retraction.service';
import { LoginNonces } from './login-nonces';
import { LoginService } from './login.service';
import { MembershipService } from './membership.service';
import { PossessionProofs } from './possession-proofs';
import { RecoveryService } from './recovery.service';
import { RegistrationService } from './registration.service';
import { SessionTokens } from './session-tokens';
import { StatementJournal } from './statement-journal';
import { StatementService } from './statement.service';
import { VaultItems } from './vault-items';
import { VaultKeys } from './vault-keys';
import { VaultService } from './vault.service';
import { WardAccess } from './ward-access';

const SERVICES = [
  AffiliationService,
  BindingService,
  GateService,
  GuardianService,
  HeadReceipts,
  InvitationService,
  KeyService,
  LicenceList,
  LicenceService,
  LinkService,
  RetractionService,
  LoginNonces,
  LoginService,
  MembershipService,
  PossessionProofs,
  RecoveryService,
  RegistrationService,
  SessionTokens,
  StatementJournal,
  StatementService,
  VaultItems,
  VaultKeys,
  VaultService,
  WardAccess,
];

/** Parties, statements, bindings, gates and the vault. A module of the register provides {@link SourceRecordDirectory}. */
@Module({ imports: [AuditModule, LedgerModule], providers: SERVICES, exports: SERVICES })
export class IdentityModule {}
