import { Injectable } from '@nestjs/common';
import { assert, type OrderId, type PartyId, type PersonId } from '@aceso/kernel';
import { pseudonymsUnder } from '@aceso/deidentification/domain';
import { Ledger } from '@aceso/ledger';
import { hmacSha256, Runtime, sha256, type Tx } from '@aceso/platform';
import { SettlementService, type ReleaseSettlement } from '@aceso/settlement';
import { endAttempt, markReleased, type Attempt, type Member } from './data/attempt.store';
import { insertClasses } from './data/history.store';
import { insertPrints } from './data/linkage.store';
import type { OrderInWork } from './data/order.store';
import { insertDisclosures, insertPackage, type PackageId } from './data/package.store';
import { releaseList, type ReleaseMember } from './domain/release-list';
import type { BuiltPackage } from './package-builder';
import { Participations } from './participations';
import type { ShownClasses } from './release-history';
import { OrderEnding } from './order-ending';
import { SaleKeys } from './sale-keys';

/** What is released: an order's attempt with its built package, held under a fencing token. */
export interface ReleaseWork {
  readonly order: OrderInWork;
  readonly attempt: Attempt;
  readonly fence: bigint;
  readonly built: BuiltPackage;
}

/** Of the members of a release. */
export type Pseudonyms = ReadonlyMap<PersonId, string>;

/**
 * Everything that a release is, in the acting transaction: disclosures, the one ledger entry, the money, the members'
 * parts, the package and the order. If one of them fails, nothing was released.
 */
@Injectable()
export class ReleaseCommit {
  constructor(
    private readonly ledger: Ledger,
    private readonly settlement: SettlementService,
    private readonly participations: Participations,
    private readonly saleKeys: SaleKeys,
    private readonly orders: OrderEnding,
    private readonly runtime: Runtime,
  ) {}

  /** Releases the package of exactly these members. The caller holds their gates and the history of the buyer. */
  async release(
    tx: Tx,
    work: ReleaseWork & { readonly shown: ShownClasses },
    { members, pseudonyms }: { readonly members: readonly Member[]; readonly pseudonyms: Pseudonyms },
  ): Promise<PackageId> {
    const { order, attempt, built, shown } = work;
    assertSamePersons(built.persons, pseudonyms);
    const settled = attempt.edition === 1 ? await this.settle(tx, order, members) : null;
    const list = releaseList(
      { orderId: order.id, currency: order.currency },
      releaseMembers(members, { pseudonyms, settled }),
      { sha256, randomBytes: (length) => this.runtime.randomBytes(length) },
    );
    const { id: entryId, opening } = await this.ledger.appendShown(tx, {
      kind: 'order',
      code: attempt.edition === 1 ? 'package.released' : 'package.reissued',
      payload: {
        order: order.id,
        edition: attempt.edition,
        manifest: built.manifestSha256,
        policy: built.policyHash,
        releaseKey: built.releaseKey,
        root: list.root,
      },
      subjectId: order.id,
    });
    const packageId = this.runtime.uuid();
    const { folder, manifestSha256 } = built;
    const { edition, id: attemptId } = attempt;
    await insertPackage(tx, { id: packageId, orderId: order.id, edition, attemptId, folder, manifestSha256, entryId });
    await insertPrints(tx, packageId, built.prints);
    await insertDisclosures(tx, { packageId, entryId }, built.files);
    await this.participations.store(tx, attemptId, { ...list, opening });
    await insertClasses(tx, attemptId, shown.classes);
    await markReleased(tx, attemptId, shown.numbers);
    await endAttempt(tx, { id: attemptId, fence: work.fence }, { state: 'released' });
    if (attempt.edition === 1) await this.orders.markReleased(tx, order);
    return packageId;
  }

  /** Under which pseudonyms the members stand in the files; opens the sale key. */
  async pseudonymsOf(tx: Tx, orderId: OrderId, members: readonly Member[]): Promise<Pseudonyms> {
    const pseudonymise = pseudonymsUnder(await this.saleKeys.open(tx, orderId, 'extraction.released'), hmacSha256);
    return new Map(members.map(({ personId }) => [personId, pseudonymise('pseudonym/Patient', personId)]));
  }

  private settle(tx: Tx, order: OrderInWork, members: readonly Member[]): Promise<ReleaseSettlement> {
    return this.settlement.settleRelease(tx, {
      orderId: order.id,
      unitMinor: order.unitMinor,
      currency: order.currency,
      persons: members.map(({ personId, providerIds }) => ({ personId, providerIds })),
    });
  }
}

/** The invariant behind every promise of a release: the files hold these persons, all of them and nobody else. */
function assertSamePersons(inFiles: ReadonlyMap<string, string>, released: Pseudonyms): void {
  assert(inFiles.size === released.size, 'the files hold as many persons as are released');
  for (const pseudonym of released.values()) assert(inFiles.has(pseudonym), 'every released person is in the files');
}

/** Members of the release list; a later edition pays nobody again. */
function releaseMembers(
  members: readonly Member[],
  { pseudonyms, settled }: { pseudonyms: Pseudonyms; settled: ReleaseSettlement | null },
): readonly ReleaseMember[] {
  const earnings = settled?.earnings ?? [];
  const earned = new Map(
    earnings.map(({ account, amountMinor }) => [`${account.kind}/${account.ownerId}`, amountMinor]),
  );
  const persons = members.map(({ personId, grantDigest }): ReleaseMember => ({
    kind: 'person',
    ownerId: personId,
    grant: grantDigest,
    pseudonym: pseudonyms.get(personId) ?? '',
    earnedMinor: earned.get(`patient/${personId}`) ?? 0n,
  }));
  const patientsOf = (provider: PartyId): number =>
    members.filter(({ providerIds }) => providerIds.includes(provider)).length;
  const providers = earnings.flatMap(({ account, amountMinor }): ReleaseMember[] =>
    account.kind === 'provider'
      ? [{ kind: 'provider', ownerId: account.ownerId, persons: patientsOf(account.ownerId), earnedMinor: amountMinor }]
      : [],
  );
  return [...persons, ...providers];
}
