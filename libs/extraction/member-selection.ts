import { Injectable } from '@nestjs/common';
import { CohortService } from '@aceso/cohort';
import { ConsentService, PermissionService, type GrantQuery, type GrantRow } from '@aceso/consent';
import type { RecordHead, ResearchUse } from '@aceso/consent/domain';
import type { ComposedPerson, Policy } from '@aceso/deidentification/domain';
import { BindingService } from '@aceso/identity';
import { canonicalJson, type PartyId, type PersonId, type SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { databaseNow, type OrderInWork } from './data/order.store';
import { askedPersons } from './data/person.store';
import { ReleaseHistory } from './release-history';

/** A person whose consent to the order was verified from the signed bytes, with what k is judged on. */
export interface Candidate extends ComposedPerson {
  readonly personId: PersonId;
  readonly grantDigest: string;
  readonly gateVersion: number;
  readonly providerIds: readonly PartyId[];
}

/** A grant that is valid now, and the records that the patient signed for: read from its verified bytes. */
export interface VerifiedGrant extends Omit<GrantRow, 'evidence'> {
  readonly recordsUpTo: readonly RecordHead[];
  /** What the person's rules leave of them for the buyer. */
  readonly use: ResearchUse;
}

/** Decides, in sets, whose records an order may use at this moment. */
@Injectable()
export class MemberSelection {
  constructor(
    private readonly consent: ConsentService,
    private readonly permissions: PermissionService,
    private readonly cohorts: CohortService,
    private readonly bindings: BindingService,
    private readonly history: ReleaseHistory,
  ) {}

  /**
   * Persons who were asked, whose grant is valid and verifies, and who live and are adults at the record date or were granted for by who may; by id. All
   * others are left out without a trace of the reason: it is the same as for no data.
   */
  async candidates(
    tx: Tx,
    order: OrderInWork,
    at: { readonly recordDate: string; readonly policy: Policy; readonly excluded: ReadonlySet<PersonId> },
  ): Promise<readonly Candidate[]> {
    const asked = await askedPersons(tx, order.requestId, order.version);
    const granted = (await this.consenting(tx, order)).filter(
      ({ personId }) => asked.has(personId) && !at.excluded.has(personId),
    );
    const persons = granted.map(({ personId }) => personId);
    const deciders = await this.cohorts.deciders(tx, granted);
    const judged = await this.history.judged(tx, order, { personIds: persons, asOf: at.recordDate, policy: at.policy });
    const providers = await this.providersOf(tx, granted);
    return granted.flatMap(({ personId, grantDigest, gateVersion }) => {
      // Who cannot be placed in a class is left out: one person's data never holds up an order.
      const person = judged.get(personId);
      const providerIds = providers.get(personId) ?? [];
      if (!person || !deciders.has(personId) || providerIds.length === 0) return [];
      return [{ personId, grantDigest, gateVersion, providerIds, ...person }];
    });
  }

  /**
   * The grants, and answers of terms, for the order's request version that are valid now, whose bytes verify and whose persons do not keep
   * everything back by their rules; of all or of some persons. Records of providers that are stopped are not among theirs.
   */
  async consenting(tx: Tx, order: OrderInWork, personIds?: readonly PersonId[]): Promise<readonly VerifiedGrant[]> {
    const query = await queryOf(tx, order, personIds);
    const grants = await this.consent.validGrants(tx, query);
    const uses = await this.permissions.researchUse(tx, {
      center: order.buyerId,
      personIds: grants.map(({ personId }) => personId),
      at: query.at,
    });
    const permitted = grants.flatMap(({ evidence, ...grant }): readonly VerifiedGrant[] => {
      const decision = this.consent.decide(evidence, query);
      const use = uses.get(grant.personId);
      return decision.permit && use?.takesPart ? [{ ...grant, recordsUpTo: decision.recordsUpTo, use }] : [];
    });
    // A person may have granted, revoked and granted again: one valid grant is enough, and the last one counts.
    const last = [...new Map(permitted.map((grant) => [grant.personId, grant])).values()];
    return this.withoutStopped(tx, last);
  }

  /** The grants without records of providers that are stopped, and without persons of whom no record is left. */
  private async withoutStopped(tx: Tx, grants: readonly VerifiedGrant[]): Promise<readonly VerifiedGrant[]> {
    const named = grants.flatMap(({ recordsUpTo }) => recordsUpTo.map((head) => head.sourceRecord as SourceRecordId));
    const stopped = await this.bindings.heldByStopped(tx, named);
    if (stopped.size === 0) return grants;
    return grants.flatMap((grant) => {
      const recordsUpTo = grant.recordsUpTo.filter((head) => !stopped.has(head.sourceRecord as SourceRecordId));
      return recordsUpTo.length === 0 ? [] : [{ ...grant, recordsUpTo }];
    });
  }

  /**
   * Those of the persons whose named grant is valid at this moment, and who live and are adults or in the care of whoever granted. Bytes
   * were verified when the record was opened; those of guardians are once more, as their authority ends by itself.
   */
  async stillGranted(
    tx: Tx,
    order: OrderInWork,
    members: readonly { readonly personId: PersonId; readonly grantDigest: string }[],
  ): Promise<ReadonlySet<PersonId>> {
    const query = await queryOf(
      tx,
      order,
      members.map(({ personId }) => personId),
    );
    const named = new Set(members.map(({ grantDigest }) => grantDigest));
    const valid = (await this.consent.validGrants(tx, query)).filter(
      ({ grantDigest, appointment, evidence }) =>
        named.has(grantDigest) && (appointment === null || this.consent.decide(evidence, query).permit),
    );
    return this.cohorts.deciders(tx, valid);
  }

  /** Earliest birth month of which nobody has come of age. */
  minorFrom(): string {
    return this.cohorts.minorFrom();
  }

  /** Those of the persons whose rules changed by the course of time since a moment. */
  turnedSince(tx: Tx, personIds: readonly PersonId[], since: Date): Promise<ReadonlySet<PersonId>> {
    return this.permissions.turnedSince(tx, personIds, since);
  }

  /** The providers of the source records that each grant names. */
  private async providersOf(
    tx: Tx,
    grants: readonly VerifiedGrant[],
  ): Promise<ReadonlyMap<PersonId, readonly PartyId[]>> {
    const named = new Set(grants.flatMap((grant) => grant.recordsUpTo.map((head) => head.sourceRecord)));
    const bound = await this.bindings.boundSourceRecords(
      tx,
      grants.map(({ personId }) => personId),
    );
    const providers = new Map<PersonId, PartyId[]>();
    for (const { personId, sourceRecordId, providerId } of bound) {
      if (!named.has(sourceRecordId)) continue;
      const known = providers.get(personId) ?? [];
      if (!known.includes(providerId)) providers.set(personId, [...known, providerId]);
    }
    return providers;
  }
}

/** What grants are sought and judged for, at this moment. */
async function queryOf(tx: Tx, order: OrderInWork, personIds?: readonly PersonId[]): Promise<GrantQuery> {
  const { requestId, version, contentHash } = order;
  const contentText = canonicalJson(order.content);
  return { requestId, version, contentHash, contentText, at: await databaseNow(tx), ...(personIds && { personIds }) };
}
