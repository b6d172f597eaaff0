import { Injectable } from '@nestjs/common';
import { activeAmong, GateService } from '@aceso/identity';
import type { PartyId, PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { Attempt, Member } from './data/attempt.store';
import type { OrderInWork } from './data/order.store';
import { movedPersons } from './domain/attempt';
import { LeavingOut } from './leaving-out';
import { MemberSelection } from './member-selection';
import { classSizeOf, policyOf } from './plan.service';
import type { ReleaseWork } from './release-commit';
import { ReleaseHistory, type ShownClasses } from './release-history';

/** Parties whose licence is suspended or revoked. */
interface Stopped {
  readonly stopped: ReadonlySet<PartyId>;
}

/** The last look before data leaves: gates, grants and age at the moment of the release. */
@Injectable()
export class ReleaseGate {
  constructor(
    private readonly gates: GateService,
    private readonly selection: MemberSelection,
    private readonly leavingOut: LeavingOut,
    private readonly history: ReleaseHistory,
  ) {}

  /**
   * Holds the licences of the buyer and of the members' providers until the end of the transaction, and names those that may
   * not act. To be taken before the gates: a freeze takes them in this order.
   */
  async stopped(tx: Tx, { buyerId }: OrderInWork, members: readonly Member[]): Promise<ReadonlySet<PartyId>> {
    const parties = new Set([buyerId, ...members.flatMap(({ providerIds }) => providerIds)]);
    const active = await activeAmong(tx, [...parties]);
    return new Set([...parties].filter((partyId) => !active.has(partyId)));
  }

  /**
   * Locks the gates of all members in a fixed order, so that no permission is narrowed until the transaction ends, and
   * names the members whose rows may not leave any more: their gate moved since the emission, their grant ran out, a rule
   * of theirs began or ended, they died, whoever granted may no longer, or a provider of theirs is stopped. They are out of the order for good.
   */
  async leaving(
    tx: Tx,
    { order, attempt, stopped }: { readonly order: OrderInWork; readonly attempt: Attempt } & Stopped,
    members: readonly Member[],
  ): Promise<readonly PersonId[]> {
    const held = new Set(
      members.filter(({ providerIds }) => providerIds.some((id) => stopped.has(id))).map(({ personId }) => personId),
    );
    const persons = members.map(({ personId }) => personId);
    const now = await this.gates.lockAndRead(tx, persons);
    const emitted = new Map(members.map(({ personId, gateVersion }) => [personId, gateVersion]));
    const moved = new Set(movedPersons(emitted, now));
    const granted = await this.selection.stillGranted(tx, order, members);
    const turned = await this.selection.turnedSince(tx, persons, attempt.startedAt);
    const stays = (person: PersonId): boolean =>
      !held.has(person) && !moved.has(person) && granted.has(person) && !turned.has(person);
    const leaving = persons.filter((person) => !stays(person));
    await this.leavingOut.leaveOut(tx, order.id, { persons: leaving, reason: 'GATE_MOVED' });
    return leaving;
  }

  /** Members whom an affiliate of the buyer vouches for: they hide nobody. */
  async vouchedByAffiliates(tx: Tx, { buyerId }: OrderInWork, members: readonly Member[]): Promise<readonly Member[]> {
    const personIds = members.map(({ personId }) => personId);
    const vouched = await this.history.vouchedByAffiliates(tx, buyerId, personIds);
    return members.filter(({ personId }) => vouched.has(personId));
  }

  /** What the files show, by classes, when all members may leave beside what the buyer has by now; else null. */
  async shown(
    tx: Tx,
    { order, attempt, built }: ReleaseWork,
    released: { readonly members: readonly Member[]; readonly pseudonyms: ReadonlyMap<PersonId, string> },
  ): Promise<ShownClasses | null> {
    const policy = policyOf(order);
    const work = { order, attempt, policy, k: classSizeOf(order, policy), shown: built.persons };
    return this.history.classes(tx, work, released);
  }
}
