import { randomUUID } from 'node:crypto';
import { asId, type PartyId, type PersonId, type SourceRecordId } from '@aceso/kernel';
import { RefusalEvents, type AuditService } from '@aceso/audit';
import type { Ledger } from '@aceso/ledger';
import { Runtime, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import type { TestDatabase } from '@aceso/platform/testing';
import { AffiliationService } from '../affiliation.service';
import { BindingService } from '../binding.service';
import {
  GUARDIAN_APPOINTMENT,
  MEMBERSHIP,
  PROXY_APPOINTMENT,
  RECOVERY_ATTESTATION,
  type GuardianAppointmentClaims,
  type GuardianScope,
  type Role,
} from '../domain';
import { GateService } from '../gate.service';
import { GuardianService } from '../guardian.service';
import { HeadReceipts } from '../head-receipts';
import { InvitationService } from '../invitation.service';
import { KeyService } from '../key.service';
import { LicenceList } from '../licence-list';
import { LicenceService } from '../licence.service';
import { LinkService } from '../link.service';
import { RetractionService } from '../retraction.service';
import { LoginNonces } from '../login-nonces';
import { LoginService } from '../login.service';
import { MembershipService } from '../membership.service';
import { PossessionProofs } from '../possession-proofs';
import { RecoveryService } from '../recovery.service';
import { RegistrationService, type Party } from '../registration.service';
import { SessionTokens } from '../session-tokens';
import { SourceRecordDirectory } from '../source-record-directory';
import { StatementJournal } from '../statement-journal';
import { StatementService } from '../statement.service';
import { VaultItems } from '../vault-items';
import { VaultKeys } from '../vault-keys';
import { VaultService } from '../vault.service';
import { WardAccess, type Acting } from '../ward-access';
import { digestOf, TestParty, type TestPartyOptions } from './party';
import { SoftPasskey } from './soft-passkey';

/** Stands in for the register: who holds which source record, and which links are proposed. */
export class KnownSourceRecords extends SourceRecordDirectory {
  readonly holders = new Map<SourceRecordId, PartyId>();
  readonly proposed = new Set<string>();

  /** A new source record that a provider holds. */
  add(holder: PartyId): SourceRecordId {
    const id = asId<'SourceRecord'>(randomUUID());
    this.holders.set(id, holder);
    return id;
  }

  async providerOf(_tx: unknown, id: SourceRecordId): Promise<PartyId | null> {
    return this.holders.get(id) ?? null;
  }

  async isLinkProposed(_tx: unknown, first: SourceRecordId, second: SourceRecordId): Promise<boolean> {
    return this.proposed.has(`${first} ${second}`);
  }
}

/** A client together with what the server knows of it. */
export interface Member {
  readonly client: TestParty;
  readonly actor: Actor;
  /** For whom it acts by an appointment; absent for itself. */
  readonly ward?: PartyId;
}

/** The services of identity over a test database, and the steps that most tests begin with. */
export class IdentityKit {
  readonly records = new KnownSourceRecords();
  readonly runtime: Runtime;
  readonly statements: StatementService;
  readonly journal: StatementJournal;
  readonly heads: HeadReceipts;
  readonly registration: RegistrationService;
  readonly invitations: InvitationService;
  readonly tokens: SessionTokens;
  readonly nonces: LoginNonces;
  readonly logins: LoginService;
  readonly affiliations: AffiliationService;
  readonly memberships: MembershipService;
  readonly bindings: BindingService;
  readonly keys: KeyService;
  readonly recoveries: RecoveryService;
  readonly guardians: GuardianService;
  readonly wards: WardAccess;
  readonly proofs: PossessionProofs;
  readonly licences: LicenceService;
  readonly licenceList: LicenceList;
  readonly links: LinkService;
  readonly retractions: RetractionService;
  readonly gates: GateService;
  readonly vault: VaultService;
  readonly vaultItems: VaultItems;
  /** Milliseconds by which the clock of this kit runs ahead. */
  aheadMs = 0;

  constructor(
    readonly test: TestDatabase,
    readonly logs: { readonly audit: AuditService; readonly ledger: Ledger },
  ) {
    const { audit, ledger } = logs;
    const { database, custody, config, outbox } = test;
    this.runtime = new Runtime({ clock: () => Date.now() + this.aheadMs });
    this.statements = new StatementService(config, this.runtime);
    this.journal = new StatementJournal(audit, ledger);
    this.heads = new HeadReceipts(database, this.statements, ledger);
    this.registration = new RegistrationService(this.statements, audit, ledger, this.runtime);
    this.invitations = new InvitationService(database, this.runtime);
    this.tokens = new SessionTokens(config, custody, this.runtime);
    this.nonces = new LoginNonces(custody, this.runtime);
    this.logins = new LoginService(this.statements, this.tokens, this.nonces, audit, this.runtime);
    this.bindings = new BindingService(database, this.statements, this.records, audit, outbox, this.journal);
    this.memberships = new MembershipService(this.statements, audit, ledger);
    this.affiliations = new AffiliationService(audit, ledger);
    this.gates = new GateService(this.runtime);
    this.licences = new LicenceService(this.statements, this.gates, audit, ledger);
    this.licenceList = new LicenceList(this.runtime);
    this.links = new LinkService(this.statements, this.bindings, this.records, this.journal, outbox, this.gates);
    this.retractions = new RetractionService(this.statements, this.records, this.gates, audit, ledger, outbox);
    this.proofs = new PossessionProofs(config, database, this.runtime);
    this.keys = new KeyService(database, this.statements, this.journal, this.gates);
    this.recoveries = new RecoveryService(
      config,
      this.runtime,
      this.statements,
      this.bindings,
      this.records,
      this.gates,
      audit,
      this.journal,
    );
    this.guardians = new GuardianService(this.statements, this.records, this.gates, audit, this.journal);
    const refusals = new RefusalEvents(database, audit, this.runtime);
    this.wards = new WardAccess(database, this.statements, audit, refusals, this.runtime);
    const vaultKeys = new VaultKeys(custody, this.runtime);
    this.vault = new VaultService(database, vaultKeys, audit, this.runtime);
    this.vaultItems = new VaultItems(database, vaultKeys, audit, this.runtime);
  }

  /** A client with a fresh key that the server does not know yet. */
  client(): TestParty {
    return new TestParty(this.clientOptions());
  }

  /** A client whose key is a passkey of this instance. */
  passkeyClient(kind?: SoftPasskey['kind']): TestParty {
    const { id, origins } = this.test.config.relyingParty;
    const passkey = new SoftPasskey({ rpId: id, origin: origins[0] ?? '' }, kind);
    return new TestParty({ ...this.clientOptions(), passkey });
  }

  private clientOptions(): TestPartyOptions {
    return {
      audience: this.test.config.origin,
      now: () => this.runtime.now(),
      loginNonce: () => this.nonces.issue().nonce,
    };
  }

  /** Gives a member one more key, and tells its client, whose chain goes on where the member's stands. */
  async addDevice(member: Member, device: TestParty = this.client()): Promise<TestParty> {
    const text = member.client.keyAddition(device);
    await this.test.database.transaction('api', (tx) => this.keys.add(tx, member.actor, text));
    device.continueFrom(member.client);
    return device;
  }

  async register(client: TestParty, role: Role, invitation?: string): Promise<Party> {
    const text = client.registration(role, invitation);
    return this.test.database.transaction('api', (tx) => this.registration.register(tx, text, invitation));
  }

  /** A registered party with a fresh key. */
  async member(role: Role, buyerKind: string | null = role === 'researcher' ? 'university' : null): Promise<Member> {
    const client = this.client();
    const code = role === 'patient' ? undefined : (await this.invitations.create(role, buyerKind)).code;
    const { partyId, personId, did } = await this.register(client, role, code);
    return { client, actor: { partyId, role, did, ...(personId ? { personId } : {}) } };
  }

  /** The digest of a provider's attestation for a source record. */
  async attest(provider: Member, sourceRecordId: SourceRecordId, code: string): Promise<string> {
    const text = provider.client.attestation(sourceRecordId, code);
    await this.test.database.transaction('api', (tx) => this.bindings.attest(tx, provider.actor, text));
    return digestOf(text);
  }

  /** The digest of an attester's word for a new key. */
  async attestRecovery(attester: Member, sourceRecord: SourceRecordId, key: string): Promise<string> {
    const text = attester.client.sign(RECOVERY_ATTESTATION, { sourceRecord, key, evidence: 'in-person' });
    await this.test.database.transaction('api', (tx) => this.recoveries.attest(tx, attester.actor, text));
    return digestOf(text);
  }

  /** The digest of an appointment for ten days; `own` changes what it says. */
  async appointGuardian(
    appointer: Member,
    { guardian, ward, sourceRecord }: { guardian: Member; ward: Member; sourceRecord: SourceRecordId },
    own: Partial<Pick<GuardianAppointmentClaims, 'kind' | 'scope' | 'until'>> = {},
  ): Promise<string> {
    const text = appointer.client.sign(GUARDIAN_APPOINTMENT, {
      ward: ward.actor.partyId,
      guardian: guardian.actor.partyId,
      sourceRecord,
      kind: 'court',
      scope: 'both',
      evidence: 'document',
      document: 'f'.repeat(64),
      until: Math.floor(this.runtime.now() / 1000) + 864_000,
      ...own,
    });
    await this.test.database.transaction('api', (tx) => this.guardians.appoint(tx, appointer.actor, text));
    return digestOf(text);
  }

  /** The digest of an appointment of a proxy by the patient itself, for ten days. */
  async appointProxy(
    ward: Member,
    proxy: Member,
    own: Partial<Pick<GuardianAppointmentClaims, 'scope' | 'until'>> = {},
  ): Promise<string> {
    const until = Math.floor(this.runtime.now() / 1000) + 864_000;
    const text = ward.client.signNext(PROXY_APPOINTMENT, {
      guardian: proxy.actor.partyId,
      scope: 'both',
      until,
      ...own,
    });
    await this.test.database.transaction('api', (tx) => this.guardians.appointProxy(tx, ward.actor, text));
    return digestOf(text);
  }

  /** The guardian as whoever signs for the ward, whose chain it continues. */
  actFor(guardian: Member, ward: Member, evidence: string): Member & { readonly personId: PersonId } {
    const client = guardian.client.actingFor({ guardianFor: ward.actor.partyId, evidence });
    client.continueFrom(ward.client);
    return { client, actor: guardian.actor, ward: ward.actor.partyId, personId: ward.actor.personId! };
  }

  /** Whom a member acts for, where research is decided; the transaction acts as that patient. */
  enter(tx: Tx, { actor, ward }: Member, scope: GuardianScope = 'research'): Promise<Acting> {
    return this.wards.enter(tx, actor, { ward: ward ?? null, scope, looksAt: null });
  }

  /** Makes everything that waits or was recovered older, as if days had passed: the database reads its own clock. */
  async age(days: number): Promise<void> {
    const past = `- interval '${days} days'`;
    await this.test.ownerQuery('alter table identity.recovery disable trigger user');
    await this.test.ownerQuery(
      `update identity.recovery set requested_at = requested_at ${past}, waits_until = waits_until ${past},
              expires_at = expires_at ${past}, recorded_at = recorded_at ${past}`,
    );
    await this.test.ownerQuery('alter table identity.recovery enable trigger user');
    await this.test.ownerQuery('alter table identity.party_key disable trigger user');
    await this.test.ownerQuery(
      `update identity.party_key set restricted_until = restricted_until ${past} where restricted_until is not null`,
    );
    await this.test.ownerQuery('alter table identity.party_key enable trigger user');
  }

  /** A provider says that a physician acts for it, or no longer does. */
  async attestMembership(provider: Member, physician: Member, member: boolean): Promise<void> {
    const text = provider.client.sign(MEMBERSHIP, { physician: physician.actor.partyId, member });
    await this.test.database.transaction('api', (tx) => this.memberships.attest(tx, provider.actor, text));
  }

  /** Binds a patient to a new source record of a provider. */
  async bind(patient: Member, provider: Member): Promise<SourceRecordId> {
    const id = this.records.add(provider.actor.partyId);
    const code = randomUUID();
    const attestation = await this.attest(provider, id, code);
    await this.bindings.bind(patient.actor, patient.client.binding(id, attestation), code);
    return id;
  }

  /** Freezes a party by one officer, and confirms it by a second one when there is one. */
  async freeze(party: Member, officer: Member, second?: Member): Promise<string> {
    const says = { party: party.actor.partyId, step: 'suspended', reason: 'key-compromise' } as const;
    const text = officer.client.licence(says);
    await this.test.database.transaction('api', (tx) => this.licences.propose(tx, officer.actor, text));
    const confirms = digestOf(text);
    if (second) {
      const confirmation = second.client.licence({ ...says, confirms });
      await this.test.database.transaction('api', (tx) => this.licences.confirm(tx, second.actor, confirmation));
    }
    return confirms;
  }
}
