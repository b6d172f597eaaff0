import { hex, type PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { LicenceReason, LicenceState, OfficersStep } from '../domain';

/** One step of a licence. Digests are lower-case hexadecimal. */
export interface LicenceStep {
  readonly number: number;
  readonly state: LicenceState;
  readonly at: Date;
  readonly until: Date | null;
  readonly doer: 'registration' | 'operator' | 'officer' | 'officers' | 'party';
  readonly reason: LicenceReason | null;
}

/** A step with the statements that it rests on. */
export interface NewStep extends Omit<LicenceStep, 'doer'> {
  readonly partyId: PartyId;
  readonly doer: 'officer' | 'officers' | 'party';
  readonly proposed?: { readonly by: PartyId; readonly with: string };
  readonly confirmed?: { readonly by: PartyId; readonly with: string };
  readonly appealedWith?: string;
}

/** What an officer proposed, to be confirmed by another one. */
export interface LicenceProposal {
  readonly digest: string;
  readonly partyId: PartyId;
  readonly step: OfficersStep;
  readonly reason: LicenceReason;
  readonly proposedBy: PartyId;
  readonly proposedAt: Date;
  readonly expiresAt: Date;
  /** Number of the newest step when it was proposed; of a freeze its own. */
  readonly onNumber: number;
}

/** The newest step of a party; null when nothing was ever done about a licence of it. */
export async function newestStep(tx: Tx, partyId: PartyId): Promise<LicenceStep | null> {
  const [row] = await tx.query<LicenceStep>(
    `select number, state, at, until, doer, reason from identity.licence_step
      where party_id = $1 order by number desc limit 1`,
    [partyId],
  );
  return row ?? null;
}

/** The newest steps of each of the parties, up to `limit` of each, the newest first. */
export async function newestSteps(
  tx: Tx,
  partyIds: readonly PartyId[],
  limit: number,
): Promise<(LicenceStep & { readonly partyId: PartyId })[]> {
  return tx.query(
    `select party_id as "partyId", number, state, at, until, doer, reason
       from (select s.*, row_number() over (partition by s.party_id order by s.number desc) as place
               from identity.licence_step s where s.party_id = any ($1::uuid[])) ranked
      where place <= $2 order by party_id, number desc`,
    [partyIds, limit],
  );
}

/** A party whose licence has a step, with the state that it is in at a moment. */
export interface LicenceHolder {
  readonly partyId: PartyId;
  readonly kind: string;
  readonly state: LicenceState;
}

/** Up to `limit` parties with a step, by id, after one; those in a state, or all. Only what the acting party may see. */
export async function selectHolders(
  tx: Tx,
  page: {
    readonly at: Date;
    readonly after: string | null;
    readonly limit: number;
    readonly state: LicenceState | null;
  },
): Promise<LicenceHolder[]> {
  return tx.query<LicenceHolder>(
    `select * from (
       select party.id as "partyId", kind.kind, identity.licence_state(party.id, $1) as state
         from identity.party join identity.licence_kind kind on kind.role = party.role
        where ($2::uuid is null or party.id > $2)
          and exists (select from identity.licence_step s where s.party_id = party.id)
     ) holder
      where $4::text is null or state = $4
      order by "partyId" limit $3`,
    [page.at, page.after, page.limit, page.state],
  );
}

/** The party itself, if its licence has a step. */
export async function selectHolder(tx: Tx, partyId: PartyId, at: Date): Promise<LicenceHolder | null> {
  const [row] = await tx.query<LicenceHolder>(
    `select party.id as "partyId", kind.kind, identity.licence_state(party.id, $2) as state
       from identity.party join identity.licence_kind kind on kind.role = party.role
      where party.id = $1 and exists (select from identity.licence_step s where s.party_id = party.id)`,
    [partyId, at],
  );
  return row ?? null;
}

/** The state that a next step comes from, which a freeze that has ended is none of. */
export async function stateAt(tx: Tx, partyId: PartyId, at: Date): Promise<LicenceState> {
  const [row] = await tx.query<{ state: LicenceState }>('select identity.licence_state($1, $2) as state', [
    partyId,
    at,
  ]);
  return row?.state ?? 'issued';
}

/** Whether this officer alone may not freeze the party now: a freeze of one officer was not confirmed, its own or not long ago. */
export async function freezeSpent(tx: Tx, partyId: PartyId, officerId: PartyId, at: Date): Promise<boolean> {
  const [row] = await tx.query<{ spent: boolean }>('select identity.freeze_spent($1, $2, $3) as spent', [
    partyId,
    officerId,
    at,
  ]);
  return row?.spent ?? true;
}

/** Inserts a step; the database holds to its rules, and two at once do not both succeed. */
export async function insertStep(tx: Tx, step: NewStep): Promise<void> {
  const { partyId, number, state, at, until, doer, reason, proposed, confirmed, appealedWith } = step;
  await tx.execute(
    `insert into identity.licence_step (party_id, number, state, at, until, doer, reason, proposed_by, proposed_with,
                                        confirmed_by, confirmed_with, appealed_with)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      partyId,
      number,
      state,
      at,
      until,
      doer,
      reason,
      proposed?.by ?? null,
      proposed ? hex.decode(proposed.with) : null,
      confirmed?.by ?? null,
      confirmed ? hex.decode(confirmed.with) : null,
      appealedWith === undefined ? null : hex.decode(appealedWith),
    ],
  );
}

/** Inserts a proposal. */
export async function insertProposal(tx: Tx, proposal: LicenceProposal): Promise<void> {
  const { digest, partyId, step, reason, proposedBy, proposedAt, expiresAt, onNumber } = proposal;
  await tx.execute(
    `insert into identity.licence_proposal
       (statement_digest, party_id, step, reason, proposed_by, proposed_at, expires_at, on_number)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [hex.decode(digest), partyId, step, reason, proposedBy, proposedAt, expiresAt, onNumber],
  );
}

const PROPOSAL_COLUMNS = `
  encode(p.statement_digest, 'hex') as digest, p.party_id as "partyId", p.step, p.reason, p.proposed_by as "proposedBy",
  p.proposed_at as "proposedAt", p.expires_at as "expiresAt", p.on_number as "onNumber"`;

/** The proposal of a digest; the transaction acts as an officer. */
export async function findProposal(tx: Tx, digest: string): Promise<LicenceProposal | null> {
  const [row] = await tx.query<LicenceProposal>(
    `select ${PROPOSAL_COLUMNS} from identity.licence_proposal p where p.statement_digest = $1`,
    [hex.decode(digest)],
  );
  return row ?? null;
}

/** Proposals for parties that can be confirmed at a moment: made on the newest step, or on the one before an appeal. */
export async function openProposals(tx: Tx, partyIds: readonly PartyId[], at: Date): Promise<LicenceProposal[]> {
  return tx.query<LicenceProposal>(
    `select ${PROPOSAL_COLUMNS}
       from identity.licence_proposal p
       join lateral (
         select s.number, s.doer from identity.licence_step s where s.party_id = p.party_id order by s.number desc limit 1
       ) last on p.on_number = last.number or last.doer = 'party' and p.on_number = last.number - 1
      where p.party_id = any ($1::uuid[]) and p.expires_at > $2
      order by p.proposed_at, p.statement_digest`,
    [partyIds, at],
  );
}
