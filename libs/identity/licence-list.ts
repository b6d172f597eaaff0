import { Injectable } from '@nestjs/common';
import type { PartyId } from '@aceso/kernel';
import { Runtime, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import {
  newestSteps,
  openProposals,
  selectHolder,
  selectHolders,
  type LicenceHolder,
  type LicenceProposal,
  type LicenceStep,
} from './data/licence-rows';
import { mayAct, type LicenceState } from './domain';

/** Steps of one licence that are shown, the newest first. */
export const LICENCE_STEPS_SHOWN_MAX = 20;

/** A licence as its party and officers see it. */
export interface Licence extends LicenceHolder {
  readonly active: boolean;
  readonly steps: readonly LicenceStep[];
  /** What waits for a second officer; officers alone see it. */
  readonly proposals: readonly LicenceProposal[];
}

/** What stands about licences: all of them for officers, its own for any other party. */
@Injectable()
export class LicenceList {
  constructor(private readonly runtime: Runtime) {}

  /** Up to `limit` licences that an officer sees, by party id, after one; those in a state, or all. */
  async list(
    tx: Tx,
    officer: Actor,
    page: { readonly after: string | null; readonly limit: number; readonly state: LicenceState | null },
  ): Promise<readonly Licence[]> {
    await tx.actAs(officer.partyId);
    const at = new Date(this.runtime.now());
    return this.withSteps(tx, await selectHolders(tx, { ...page, at }), at);
  }

  /** The licence of the acting party; null for one that needs none and was never frozen. */
  async own(tx: Tx, actor: Actor): Promise<Licence | null> {
    await tx.actAs(actor.partyId);
    const at = new Date(this.runtime.now());
    const holder = await selectHolder(tx, actor.partyId, at);
    return holder ? ((await this.withSteps(tx, [holder], at))[0] ?? null) : null;
  }

  private async withSteps(tx: Tx, holders: readonly LicenceHolder[], at: Date): Promise<readonly Licence[]> {
    const partyIds: readonly PartyId[] = holders.map(({ partyId }) => partyId);
    const steps = await newestSteps(tx, partyIds, LICENCE_STEPS_SHOWN_MAX);
    const proposals = await openProposals(tx, partyIds, at);
    return holders.map((holder) => {
      const own = steps.filter(({ partyId }) => partyId === holder.partyId);
      const [newest] = own;
      return {
        ...holder,
        active: newest === undefined || mayAct(newest, at),
        steps: own,
        proposals: proposals.filter(({ partyId }) => partyId === holder.partyId),
      };
    });
  }
}
