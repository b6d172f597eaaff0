import { randomUUID } from 'node:crypto';
import { asId, type SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { digestOf, type IdentityKit, type Member } from '@aceso/identity/testing';
import { ConsentService } from '../consent.service';
import { GrantHistory, type OwnGrant } from '../grant-history';
import { InstalledDiseases } from '../installed-diseases';
import { StandingTermsService } from '../standing-terms.service';
import { PermissionService } from '../permission.service';
import {
  PERMISSION_RULES,
  type GrantClaims,
  type GrantTarget,
  type PermissionRule,
  type StandingTermsClaims,
} from '../domain';
import { signDiscoveryTerms, signGrant, signRevocation, signStandingTerms } from './answers';

const WEEK_MS = 7 * 86_400_000;

/** The services of consent over those of identity, and the steps that most tests begin with. */
export class ConsentKit {
  readonly consent: ConsentService;
  readonly terms: StandingTermsService;
  readonly history: GrantHistory;
  readonly permissions: PermissionService;

  constructor(readonly identity: IdentityKit) {
    const { statements, bindings, gates, memberships, runtime, logs, journal, test } = identity;
    const diseases = new InstalledDiseases(test.config);
    this.consent = new ConsentService(statements, bindings, gates, logs.audit, runtime, journal, diseases);
    this.terms = new StandingTermsService(statements, gates, logs.audit, journal, diseases);
    this.history = new GrantHistory();
    this.permissions = new PermissionService(statements, memberships, gates, journal, runtime, test.config);
  }

  /** A patient with one bound source record. */
  async boundPatient(provider: Member): Promise<Member & { readonly record: SourceRecordId }> {
    const patient = await this.identity.member('patient');
    return { ...patient, record: await this.identity.bind(patient, provider) };
  }

  /** What a patient is asked: a request version over its records as they are now. */
  target(records: readonly SourceRecordId[], requestId: string = randomUUID()): GrantTarget {
    return {
      requestId: asId(requestId),
      version: 1,
      contentHash: 'a'.repeat(64),
      notice: { hash: 'b'.repeat(64), language: 'en' },
      amount: { amountMinor: 700n, currency: 'EUR' },
      splitRule: 'c'.repeat(64),
      heads: records.map((sourceRecordId) => ({ sourceRecordId, sequence: 1, digest: 'd'.repeat(64) })),
      answerDeadline: this.identity.runtime.now() + WEEK_MS,
    };
  }

  api<T>(use: (tx: Tx) => Promise<T>): Promise<T> {
    return this.identity.test.database.transaction('api', use);
  }

  worker<T>(use: (tx: Tx) => Promise<T>): Promise<T> {
    return this.identity.test.database.transaction('worker', use);
  }

  /** Grants what was asked; the digest of the grant. */
  async grant(patient: Member, target: GrantTarget, changes: Partial<GrantClaims> = {}): Promise<string> {
    const text = signGrant(patient.client, target, changes);
    await this.api((tx) => this.consent.recordGrant(tx, patient.actor, { text, target }));
    return digestOf(text);
  }

  /** Declines what was asked, for itself or for a ward. */
  async decline(member: Member, target: GrantTarget): Promise<void> {
    await this.api(async (tx) => this.consent.recordRefusal(tx, await this.identity.enter(tx, member), target));
  }

  ownGrants(patient: Member, page: Parameters<GrantHistory['ownGrants']>[2]): Promise<OwnGrant[]> {
    return this.api((tx) => this.history.ownGrants(tx, patient.actor.partyId, page));
  }

  async revoke(patient: Member, grant: string): Promise<void> {
    const text = signRevocation(patient.client, grant);
    await this.api((tx) => this.consent.recordRevocation(tx, patient.actor, text));
  }

  /** Sets standing terms; their digest. */
  async setStandingTerms(patient: Member, changes: Partial<StandingTermsClaims> = {}): Promise<string> {
    const text = signStandingTerms(patient.client, changes);
    await this.api((tx) => this.terms.record(tx, patient.actor, text));
    return digestOf(text);
  }

  async setTerms(patient: Member, discovery: 'permit' | 'deny'): Promise<void> {
    const text = signDiscoveryTerms(patient.client, discovery);
    await this.api((tx) => this.consent.recordDiscoveryTerms(tx, patient.actor, text));
  }

  /** Puts these rules in the place of all that the patient set before. */
  async setRules(patient: Member, rules: readonly PermissionRule[]): Promise<void> {
    const text = patient.client.signNext(PERMISSION_RULES, { rules: [...rules] });
    await this.api((tx) => this.permissions.record(tx, patient.actor, text));
  }
}
