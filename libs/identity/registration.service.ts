import { Injectable } from '@nestjs/common';
import { asId, assert, hex, type PartyId, type PersonId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { Ledger } from '@aceso/ledger';
import { Runtime, type Tx } from '@aceso/platform';
import { checkStatement, checkTime, codeMatches, IdentityError, keyOf, REGISTRATION } from './domain';
import type { CheckedStatement, NewKey, RegistrationClaims, Role } from './domain';
import { findStatement, insertStatement } from './data/statement-rows';
import { insertKey } from './data/key-rows';
import { StatementService } from './statement.service';

/** A registered party. */
export interface Party {
  readonly partyId: PartyId;
  readonly did: string;
  readonly role: Role;
  /** Present for patients. */
  readonly personId: PersonId | null;
}

/** Makes keys parties. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly statements: StatementService,
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
    private readonly runtime: Runtime,
  ) {}

  /**
   * Registers the key that signed the statement. Patients come by themselves and get a person and a gate; every other
   * role needs the one-time code of an operator's invitation. The same statement again answers the same party. Throws
   * KEY_ALREADY_REGISTERED, INVITATION_REQUIRED, INVITATION_INVALID or a refusal of the statement.
   */
  async register(tx: Tx, text: string, invitationCode?: string): Promise<Party> {
    const checked = checkStatement(text, REGISTRATION, this.statements.context);
    const known = await this.knownParty(tx, checked);
    if (known) return known;
    const at = new Date(this.runtime.now());
    checkTime(checked.claims, REGISTRATION, at.getTime());
    const { role } = checked.claims;
    const party: Party = {
      partyId: asId<'Party'>(this.runtime.uuid()),
      did: checked.statement.kid,
      role,
      personId: role === 'patient' ? asId<'Person'>(this.runtime.uuid()) : null,
    };
    await tx.actAs(party.partyId);
    if (!(await insertParty(tx, party, { ...keyOf(checked), at }))) {
      const rival = await this.knownParty(tx, checked); // registered at this very moment
      assert(rival, 'a taken key has its party');
      return rival;
    }
    if (role !== 'patient') await this.useInvitation(tx, { party, claims: checked.claims, invitationCode, at });
    await insertStatement(tx, { checked, partyId: party.partyId, acceptedAt: at, chained: false });
    await this.report(tx, party, checked.digest);
    return party;
  }

  /** The party of this key, if it registered with this very statement. Throws KEY_ALREADY_REGISTERED otherwise. */
  private async knownParty(tx: Tx, checked: CheckedStatement<RegistrationClaims>): Promise<Party | null> {
    const [party] = await tx.query<Party>(
      `select party.id as "partyId", key.did, party.role, patient.person_id as "personId"
         from identity.party_key key
         join identity.party on party.id = key.party_id
         left join identity.patient on patient.party_id = party.id
        where key.did = $1`,
      [checked.statement.kid],
    );
    if (!party) return null;
    await tx.actAs(party.partyId);
    const earlier = await findStatement(tx, party.partyId, checked.claims.jti);
    if (earlier?.digest === checked.digest) return party;
    throw new IdentityError('KEY_ALREADY_REGISTERED', 'the key belongs to a party already');
  }

  private async useInvitation(
    tx: Tx,
    use: { party: Party; claims: RegistrationClaims; invitationCode: string | undefined; at: Date },
  ): Promise<void> {
    const { party, claims, invitationCode, at } = use;
    if (claims.invitation === undefined || invitationCode === undefined) {
      throw new IdentityError('INVITATION_REQUIRED', 'this role needs the code of an invitation');
    }
    const invalid = new IdentityError(
      'INVITATION_INVALID',
      'the invitation is unknown, used, expired or for another role',
    );
    if (!codeMatches(invitationCode, claims.invitation, this.statements.context.sha256)) throw invalid;
    const used = await tx.execute(
      `update identity.invitation set used_by = $3, used_at = $4
        where code_hash = $1 and role = $2 and used_by is null and expires_at > $4`,
      [hex.decode(claims.invitation), party.role, party.partyId, at],
    );
    if (used !== 1) throw invalid;
    await tx.execute(
      `insert into identity.research_center (party_id, kind)
       select $1, buyer_kind from identity.invitation where code_hash = $2 and buyer_kind is not null`,
      [party.partyId, hex.decode(claims.invitation)],
    );
  }

  /** A patient's registration is an entry about a person, any other one an act of administration. */
  private async report(tx: Tx, party: Party, statement: string): Promise<void> {
    const { partyId, personId, role } = party;
    await this.audit.record(tx, {
      act: 'party.registered',
      actorId: partyId,
      ...(personId ? { subjectId: personId } : {}),
      outcome: 'permitted',
      detail: { statement },
    });
    if (personId) return;
    await this.ledger.append(tx, {
      kind: 'administration',
      code: 'party.registered',
      payload: { role, statement },
      subjectId: partyId,
    });
  }
}

/** Inserts a party with its key, its empty chain and, for a patient, its person and gate; false when the key is taken. */
async function insertParty(
  tx: Tx,
  { partyId, did, role, personId }: Party,
  { kind, signatureCounter, at }: NewKey & { readonly at: Date },
): Promise<boolean> {
  const inserted = await tx.execute(
    `insert into identity.party (id, did, role, registered_at) values ($1, $2, $3, $4) on conflict (did) do nothing`,
    [partyId, did, role, at],
  );
  if (inserted === 0) return false;
  const key = { did, kind, signatureCounter, partyId, addedAt: at, addedWith: null };
  if (!(await insertKey(tx, key)))
    throw new IdentityError('KEY_ALREADY_REGISTERED', 'the key belongs to a party already');
  await tx.execute(
    `with chain as (insert into identity.statement_chain (party_id) values ($1)),
          patient as (insert into identity.patient (party_id, person_id) select $1, $2::uuid where $2::uuid is not null)
     insert into identity.patient_gate (person_id) select $2::uuid where $2::uuid is not null`,
    [partyId, personId],
  );
  return true;
}
