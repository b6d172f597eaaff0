import type { MigrationInterface } from 'typeorm';
import { Platform0000000000001 } from './0001-platform';
import { Audit0000000000002 } from './0002-audit';
import { Ledger0000000000003 } from './0003-ledger';
import { Identity0000000000004 } from './0004-identity';
import { Consent0000000000005 } from './0005-consent';
import { Register0000000000006 } from './0006-register';
import { Cohort0000000000007 } from './0007-cohort';
import { Settlement0000000000008 } from './0008-settlement';
import { Marketplace0000000000009 } from './0009-marketplace';
import { Extraction0000000000010 } from './0010-extraction';
import { OutboxWakeup0000000000011 } from './0011-outbox-wakeup';
import { Witnesses0000000000012 } from './0012-witnesses';
import { ReceiptsAndErasure0000000000013 } from './0013-receipts-and-erasure';
import { LedgerAnchor0000000000014 } from './0014-ledger-anchor';
import { LedgerCheck0000000000015 } from './0015-ledger-check';
import { FirstFetch0000000000016 } from './0016-first-fetch';
import { RegisterProgress0000000000017 } from './0017-register-progress';
import { Guards0000000000018 } from './0018-guards';
import { OwnRows0000000000019 } from './0019-own-rows';
import { OneHuman0000000000020 } from './0020-one-human';
import { QuarantineOutcome0000000000021 } from './0021-quarantine-outcome';
import { LedgerAccounts0000000000022 } from './0022-ledger-accounts';
import { PrivacyBudget0000000000023 } from './0023-privacy-budget';
import { RiskVerdict0000000000024 } from './0024-risk-verdict';
import { Composition0000000000025 } from './0025-composition';
import { AffiliationEnds0000000000026 } from './0026-affiliation-ends';
import { PartyKeys0000000000027 } from './0027-party-keys';
import { PermissionRules0000000000028 } from './0028-permission-rules';
import { StandingTerms0000000000029 } from './0029-standing-terms';
import { Erasure0000000000030 } from './0030-erasure';
import { Licences0000000000031 } from './0031-licences';
import { RecordAccess0000000000032 } from './0032-record-access';
import { Recovery0000000000033 } from './0033-recovery';
import { Guardians0000000000034 } from './0034-guardians';
import { WithdrawalLists0000000000035 } from './0035-withdrawal-lists';
import { UnlinkAndRetraction0000000000036 } from './0036-unlink-and-retraction';
import { ActingForWards0000000000037 } from './0037-acting-for-wards';
import { RetractedResources0000000000038 } from './0038-retracted-resources';
import { VisasAndPayouts0000000000039 } from './0039-visas-and-payouts';
import { FallenStatements0000000000041 } from './0041-fallen-statements';
import { Criteria0000000000042 } from './0042-criteria';
import { OwnViews0000000000043 } from './0043-own-views';
import { EndsOfAuthority0000000000044 } from './0044-ends-of-authority';
import { FactBlocks0000000000045 } from './0045-fact-blocks';
import { RetiredPolicies0000000000046 } from './0046-retired-policies';
import { DisclosureControl0000000000047 } from './0047-disclosure-control';
import { ProviderAppointments0000000000048 } from './0048-provider-appointments';
import { SavedCohorts0000000000049 } from './0049-saved-cohorts';
import { Feasibility0000000000050 } from './0050-feasibility';
import { Coverage0000000000051 } from './0051-coverage';
import { GeneratedFacts0000000000051 } from './0051-generated-facts';
import { ToldSets0000000000052 } from './0052-told-sets';
import { FoundChanges0000000000053 } from './0053-found-changes';
import { CodedResults0000000000054 } from './0054-coded-results';
import { CoverageAndRequestCohort0000000000056 } from './0056-coverage-and-request-cohort';

/**
 * Every migration in the order in which it runs; never edited after it landed. TypeORM orders by the last 13 digits of
 * the class name, so a class is called `<Name>` + its number padded to 13 digits.
 */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  Platform0000000000001,
  Audit0000000000002,
  Ledger0000000000003,
  Identity0000000000004,
  Consent0000000000005,
  Register0000000000006,
  Cohort0000000000007,
  Settlement0000000000008,
  Marketplace0000000000009,
  Extraction0000000000010,
  OutboxWakeup0000000000011,
  Witnesses0000000000012,
  ReceiptsAndErasure0000000000013,
  LedgerAnchor0000000000014,
  LedgerCheck0000000000015,
  FirstFetch0000000000016,
  RegisterProgress0000000000017,
  Guards0000000000018,
  OwnRows0000000000019,
  OneHuman0000000000020,
  QuarantineOutcome0000000000021,
  LedgerAccounts0000000000022,
  PrivacyBudget0000000000023,
  RiskVerdict0000000000024,
  Composition0000000000025,
  AffiliationEnds0000000000026,
  PartyKeys0000000000027,
  PermissionRules0000000000028,
  StandingTerms0000000000029,
  Erasure0000000000030,
  Licences0000000000031,
  RecordAccess0000000000032,
  Recovery0000000000033,
  Guardians0000000000034,
  WithdrawalLists0000000000035,
  UnlinkAndRetraction0000000000036,
  ActingForWards0000000000037,
  RetractedResources0000000000038,
  VisasAndPayouts0000000000039,
  FallenStatements0000000000041,
  Criteria0000000000042,
  OwnViews0000000000043,
  EndsOfAuthority0000000000044,
  FactBlocks0000000000045,
  RetiredPolicies0000000000046,
  DisclosureControl0000000000047,
  ProviderAppointments0000000000048,
  SavedCohorts0000000000049,
  Feasibility0000000000050,
  GeneratedFacts0000000000051,
  Coverage0000000000051,
  ToldSets0000000000052,
  FoundChanges0000000000053,
  CodedResults0000000000054,
  CoverageAndRequestCohort0000000000056,
];
