import { Injectable } from '@nestjs/common';
import { hex, type PartyId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { Ledger } from '@aceso/ledger';
import type { Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import {
  findProposal,
  freezeSpent,
  insertProposal,
  insertStep,
  newestStep,
  stateAt,
  type NewStep,
} from './data/licence-rows';
import { confirmedState, freezeEnd, IdentityError, LICENCE, LICENCE_APPEAL, proposalEnd, requireMove } from './domain';
import type { LicenceClaims } from './domain';
import { GateService } from './gate.service';
import { StatementService, type Accepted } from './statement.service';

/** What became of a statement about a licence. */
export interface LicenceAnswer {
  readonly partyId: PartyId;
  /** Digest of the statement, by which a second officer confirms it. */
  readonly statement: string;
  /** False while it waits for a second officer. */
  readonly inEffect: boolean;
}

/**
 * Licences of those who need one, and the freeze of any party but officers. A step is a row that rests on stored statements; the
 * database holds to its rules (migrations/0031), here they become refusals that say what to do.
 */
@Injectable()
export class LicenceService {
  constructor(
    private readonly statements: StatementService,
    private readonly gates: GateService,
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Proposes a step, which a second officer confirms; a suspension takes effect at once, and ends by itself after
   * FREEZE_HOURS unless it is confirmed. Where such a freeze ended unconfirmed before (FREEZE_COOLING_DAYS) it waits as well. The statement again changes nothing. Throws LICENCE_PARTY_REFUSED,
   * LICENCE_MOVE_REFUSED, LICENCE_FROZEN_BEFORE, LICENCE_STEP_OVERTAKEN or a refusal of the statement.
   */
  async propose(tx: Tx, officer: Actor, text: string): Promise<LicenceAnswer> {
    const accepted = await this.statements.accept(tx, text, { ...LICENCE, actor: officer });
    const { claims, digest, partyId: by, acceptedAt: at } = accepted;
    const partyId = claims.party as PartyId;
    const answer = (inEffect: boolean) => ({ partyId, statement: digest, inEffect });
    if (accepted.repeated) return answer(await isInEffect(tx, partyId, digest));
    if (claims.confirms !== undefined) {
      throw new IdentityError(
        'LICENCE_MOVE_REFUSED',
        'the statement confirms another one: hand it in as a confirmation',
      );
    }
    const { step, reason } = claims;
    const from = await stateAt(tx, partyId, at);
    requireMove(from, step, step === 'suspended' ? 'officer' : 'officers');
    const freezes = step === 'suspended' && !(await freezeSpent(tx, partyId, by, at));
    let number = (await newestStep(tx, partyId))?.number ?? 0;
    if (freezes) {
      number += 1;
      const proposed = { by, with: digest };
      await insert(tx, { partyId, number, state: step, at, until: freezeEnd(at), doer: 'officer', reason, proposed });
      await this.gates.narrowOf(tx, partyId, 'freeze');
    }
    const proposal = { digest, partyId, step, reason, proposedBy: by, proposedAt: at, expiresAt: proposalEnd(at) };
    await refusing(insertProposal(tx, { ...proposal, onNumber: number }));
    await this.report(tx, accepted, freezes ? 'licence.suspended' : 'licence.proposed');
    return answer(freezes);
  }

  /**
   * Confirms what another officer proposed: from the commit on the licence is in the new state; a confirmed suspension ends by
   * two officers only. The statement again changes nothing. Throws LICENCE_PROPOSAL_UNKNOWN, LICENCE_SECOND_OFFICER,
   * LICENCE_PROPOSAL_OVERTAKEN, LICENCE_MOVE_REFUSED or a refusal of the statement.
   */
  async confirm(tx: Tx, officer: Actor, text: string): Promise<LicenceAnswer> {
    const accepted = await this.statements.accept(tx, text, { ...LICENCE, actor: officer });
    const { claims, digest, partyId: by, acceptedAt: at } = accepted;
    const partyId = claims.party as PartyId;
    const answer = { partyId, statement: digest, inEffect: true };
    if (accepted.repeated) return answer;
    const proposal = claims.confirms === undefined ? null : await findProposal(tx, claims.confirms);
    const { step, reason } = claims;
    if (!proposal || proposal.partyId !== partyId || proposal.step !== step || proposal.reason !== reason) {
      throw new IdentityError(
        'LICENCE_PROPOSAL_UNKNOWN',
        'confirms names no proposal of this step for this party with this reason',
      );
    }
    if (proposal.proposedBy === by) {
      throw new IdentityError('LICENCE_SECOND_OFFICER', 'another officer than the one who proposed it confirms a step');
    }
    const from = await stateAt(tx, partyId, at);
    const state = confirmedState(step, from);
    requireMove(from, state, 'officers');
    const last = await newestStep(tx, partyId);
    const proposed = { by: proposal.proposedBy, with: proposal.digest };
    const number = (last?.number ?? 0) + 1;
    const confirmed = { by, with: digest };
    await insert(tx, { partyId, number, state, at, until: null, doer: 'officers', reason, proposed, confirmed });
    // A freeze that it confirms has narrowed them before.
    if (step === 'suspended' && from !== 'suspended' && from !== 'appealed')
      await this.gates.narrowOf(tx, partyId, 'freeze');
    await this.report(tx, accepted, `licence.${step === 'suspended' ? 'suspension-confirmed' : step}`);
    return answer;
  }

  /**
   * The party itself asks for a second look. It stays stopped, and a freeze of one officer still ends by itself. The statement again
   * changes nothing. Throws LICENCE_MOVE_REFUSED, LICENCE_STEP_OVERTAKEN or a refusal of the statement.
   */
  async appeal(tx: Tx, actor: Actor, text: string): Promise<LicenceAnswer> {
    const accepted = await this.statements.accept(tx, text, { ...LICENCE_APPEAL, actor });
    const { claims, digest, partyId, acceptedAt: at } = accepted;
    const answer = { partyId, statement: digest, inEffect: true };
    if (accepted.repeated) return answer;
    requireMove(await stateAt(tx, partyId, at), 'appealed', 'party');
    const last = await newestStep(tx, partyId);
    if (!last || last.number !== claims.step) throw overtaken();
    const number = last.number + 1;
    const step = { partyId, number, at, until: last.until, doer: 'party', reason: null, appealedWith: digest } as const;
    await insert(tx, { ...step, state: 'appealed' });
    const payload = { party: partyId, step: claims.step, statement: digest };
    await this.write(tx, { act: 'licence.appealed', actorId: partyId, partyId, payload });
    return answer;
  }

  private report(tx: Tx, { claims, digest, partyId }: Accepted<LicenceClaims>, act: string): Promise<void> {
    const { party, step, reason, confirms } = claims;
    const payload = { party, step, reason, statement: digest, ...(confirms === undefined ? {} : { confirms }) };
    return this.write(tx, { act, actorId: partyId, partyId: party as PartyId, payload });
  }

  /** An act of administration, whose opening the party reads: it is about its licence. */
  private async write(
    tx: Tx,
    entry: {
      readonly act: string;
      readonly actorId: PartyId;
      readonly partyId: PartyId;
      readonly payload: Readonly<Record<string, string | number>>;
    },
  ): Promise<void> {
    const { act, actorId, partyId, payload } = entry;
    const object = { objectType: 'party', objectId: partyId } as const;
    const accessEventId = await this.audit.record(tx, {
      act,
      actorId,
      ...object,
      outcome: 'permitted',
      detail: payload,
    });
    await this.ledger.append(tx, { kind: 'administration', code: act, payload, subjectId: partyId, accessEventId });
  }
}

/** Names of the database's rules and what they mean to a caller; the others are mistakes of ours. */
const REFUSALS: Readonly<Record<string, () => IdentityError>> = {
  licence_party: () =>
    new IdentityError('LICENCE_PARTY_REFUSED', 'name a party that has a licence: officers have none'),
  licence_move: () =>
    new IdentityError('LICENCE_MOVE_REFUSED', 'the licence does not take this step now, or not for this reason'),
  licence_number: () => overtaken(),
  licence_step_pkey: () => overtaken(),
  licence_frozen_before: () =>
    new IdentityError('LICENCE_FROZEN_BEFORE', 'a freeze by one officer was not confirmed: the next one takes two'),
  licence_proposal_open: () =>
    new IdentityError('LICENCE_PROPOSAL_OVERTAKEN', 'the licence has moved on since, or too long ago: propose it anew'),
};

function overtaken(): IdentityError {
  return new IdentityError('LICENCE_STEP_OVERTAKEN', 'the licence has moved on: read its state and sign again');
}

/** Whether a proposal of this digest froze its party at once. */
async function isInEffect(tx: Tx, partyId: PartyId, digest: string): Promise<boolean> {
  const rows = await tx.query(
    "select from identity.licence_step where party_id = $1 and doer = 'officer' and proposed_with = $2",
    [partyId, hex.decode(digest)],
  );
  return rows.length > 0;
}

const insert = (tx: Tx, step: NewStep): Promise<void> => refusing(insertStep(tx, step));

async function refusing(act: Promise<void>): Promise<void> {
  try {
    await act;
  } catch (error) {
    const constraint = error instanceof Error && 'constraint' in error ? String(error.constraint) : '';
    throw REFUSALS[constraint]?.() ?? error;
  }
}
