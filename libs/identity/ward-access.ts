import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { assert, type PartyId, type PersonId } from '@aceso/kernel';
import { Database, RefusalLog, Runtime, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { authorityFault, IdentityError, type AuthorityFault, type GuardianScope } from './domain';
import { appointmentsOf, selectAuthority } from './data/guardian-rows';
import { requireActive } from './standing';
import { AUTHORITY_MESSAGES, StatementService } from './statement.service';

/** A patient, and who acts for it: itself, or a guardian. */
export interface Acting {
  /** The patient's party: whose rows, chain and account it is about. */
  readonly partyId: PartyId;
  readonly personId: PersonId;
  /** The party that acts: it stands in access events. */
  readonly actorId: PartyId;
  /** Digest of the appointment by which a guardian acts, lower-case hexadecimal; null for the patient itself. */
  readonly appointment: string | null;
}

/** What of a ward a guardian asks for. */
export interface WardWish {
  /** Null for the acting patient itself. */
  readonly ward: PartyId | null;
  /** What the appointment has to cover. */
  readonly scope: GuardianScope;
  /** One word for the access event: `requests`, `grants`. Null where what follows leaves an event of its own. */
  readonly looksAt: string | null;
}

/** A refusal that the ward sees: somebody who was appointed for it once wanted more than it may now. */
class WardRefused extends IdentityError {
  constructor(
    fault: AuthorityFault,
    readonly wardPersonId: PersonId | null,
  ) {
    super(fault, AUTHORITY_MESSAGES[fault]);
  }
}

/** The acting patient as itself. */
export function itself({ partyId, personId }: Actor): Acting {
  assert(personId, 'a patient is a person');
  return { partyId, personId, actorId: partyId, appointment: null };
}

/** How a guardian comes to what is a ward's, without a statement: by an appointment that stands at this moment, and with a trace. */
@Injectable()
export class WardAccess {
  constructor(
    private readonly database: Database,
    private readonly statements: StatementService,
    private readonly audit: AuditService,
    private readonly refusals: RefusalLog,
    private readonly runtime: Runtime,
  ) {}

  /**
   * Runs what a patient asks for itself or for a ward in a transaction of role api that acts as that patient. Throws an AuthorityFault,
   * which the ward sees among its access events where it is of somebody who was appointed for it.
   */
  async run<T>(actor: Actor, wish: WardWish, use: (tx: Tx, acting: Acting) => Promise<T>): Promise<T> {
    return this.telling(actor, () =>
      this.database.transaction('api', async (tx) => use(tx, await this.enter(tx, actor, wish))),
    );
  }

  /** Whom the actor acts for; the transaction acts as that patient from here on. Throws an AuthorityFault. */
  async enter(tx: Tx, actor: Actor, { ward, scope, looksAt }: WardWish): Promise<Acting> {
    await tx.actAs(actor.partyId);
    if (ward === null || ward === actor.partyId) return itself(actor);
    const acting = await this.guardian(tx, actor, { ward, scope });
    await tx.actAs(ward);
    if (looksAt !== null) {
      await this.audit.record(tx, {
        act: 'ward.read',
        actorId: acting.actorId,
        subjectId: acting.personId,
        outcome: 'permitted',
        basis: 'guardian',
        detail: { what: looksAt, appointment: acting.appointment },
      });
    }
    return acting;
  }

  /** Runs something that may refuse a guardian, and lets the ward know of it. */
  async telling<T>(actor: Actor, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof WardRefused && error.wardPersonId !== null) {
        const { code: reason, wardPersonId: subjectId } = error;
        await this.refusals.record({ actorId: actor.partyId, act: 'ward.read', reason, subjectId, basis: 'guardian' });
      }
      throw error;
    }
  }

  /** The first appointment by which the actor may do this for the ward now; else why the newest one does not do. */
  private async guardian(
    tx: Tx,
    { partyId: actorId }: Actor,
    { ward, scope }: { readonly ward: PartyId; readonly scope: GuardianScope },
  ): Promise<Acting> {
    // A patient that is stopped goes on reading what is its own, and nothing of anybody else.
    await requireActive(tx, actorId);
    const at = this.runtime.now();
    let refused: WardRefused | undefined;
    for (const { appointment, wardPersonId: personId } of await appointmentsOf(tx, { guardian: actorId, ward })) {
      const evidence = await selectAuthority(tx, appointment);
      assert(evidence, 'an appointment has its evidence');
      const authority = { guardianFor: ward, evidence: appointment };
      const need = { authority, signed: null, acceptedAt: at, scope, binds: null, ages: this.statements.ages() };
      const fault = authorityFault(evidence, need, this.statements.context, at);
      if (fault === null) return { partyId: ward, personId, actorId, appointment };
      refused ??= new WardRefused(fault, personId);
    }
    throw refused ?? new WardRefused('AUTHORITY_INVALID', null);
  }
}
