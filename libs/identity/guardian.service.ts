import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { hex, type PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import {
  DECADE_SECONDS,
  GUARDIAN_APPOINTMENT,
  GUARDIAN_CONFIRMATION,
  GUARDIAN_END,
  IdentityError,
  mayBeMinor,
  PROXY_APPOINTMENT,
  type CommonClaims,
} from './domain';
import {
  insertAppointment,
  selectAppointment,
  selectAppointments,
  selectAuthority,
  type Appointment,
  type NewAppointment,
} from './data/guardian-rows';
import { GateService } from './gate.service';
import { SourceRecordDirectory } from './source-record-directory';
import { StatementJournal } from './statement-journal';
import { AUTHORITY_MESSAGES, StatementService, type Accepted } from './statement.service';

/** Longest time of an appointment, in seconds: whoever acts for another is looked at again. */
export const APPOINTMENT_SECONDS_MAX = DECADE_SECONDS;

/** Who acts for whom: appointed with evidence and an end, confirmed, ended. What an appointment permits, `authorityFault` decides. */
@Injectable()
export class GuardianService {
  constructor(
    private readonly statements: StatementService,
    private readonly directory: SourceRecordDirectory,
    private readonly gates: GateService,
    private readonly audit: AuditService,
    private readonly journal: StatementJournal,
  ) {}

  /**
   * Records that a provider appoints a guardian for the patient of a record that it holds, or that an officer does. What is an
   * officer's, or of no parent, counts once another officer confirmed it. Throws GUARDIAN_REFUSED or a refusal of the statement.
   */
  async appoint(tx: Tx, actor: Actor, text: string): Promise<{ appointment: string }> {
    const accepted = await this.statements.accept(tx, text, { ...GUARDIAN_APPOINTMENT, actor });
    const { claims, digest, partyId, role, acceptedAt } = accepted;
    if (accepted.repeated) return { appointment: digest };
    const holder = await this.directory.providerOf(tx, claims.sourceRecord as never);
    if (holder === null || (role === 'provider' && holder !== partyId)) {
      throw refused('the appointing party knows no such source record of a patient');
    }
    const { ward: wardId, guardian: guardianId, sourceRecord: sourceRecordId, kind, scope, until } = claims;
    const made = { appointment: digest, appointerId: partyId, appointedAt: acceptedAt, kind, scope, until };
    await this.insert(tx, { ...made, wardId, guardianId, sourceRecordId });
    await this.report(tx, accepted, { act: 'guardian.appointed', appointment: digest });
    return { appointment: digest };
  }

  /**
   * Records that a patient of age names a proxy, who acts for it until an end. Throws GUARDIAN_REFUSED, AUTHORITY_WARD_MINOR or a
   * refusal of the statement.
   */
  async appointProxy(tx: Tx, actor: Actor, text: string): Promise<{ appointment: string }> {
    const accepted = await this.statements.accept(tx, text, { ...PROXY_APPOINTMENT, actor });
    const { claims, digest, partyId, acceptedAt } = accepted;
    if (accepted.repeated) return { appointment: digest };
    const { guardian: guardianId, scope, until } = claims;
    const made = {
      appointment: digest,
      appointerId: partyId,
      appointedAt: acceptedAt,
      kind: 'proxy',
      scope,
      until,
    } as const;
    await this.insert(tx, { ...made, wardId: partyId, guardianId, sourceRecordId: null });
    const evidence = await selectAuthority(tx, digest);
    if (!evidence || mayBeMinor(evidence, { ages: this.statements.ages(), binds: null })) {
      throw new IdentityError('AUTHORITY_WARD_MINOR', AUTHORITY_MESSAGES.AUTHORITY_WARD_MINOR);
    }
    await this.journal.record(tx, accepted, {
      act: 'guardian.appointed',
      detail: { guardian: guardianId, kind: 'proxy', scope },
    });
    return { appointment: digest };
  }

  /** An officer's word for what another one, or a provider, appointed. Throws APPOINTMENT_UNKNOWN, GUARDIAN_REFUSED or a refusal. */
  async confirm(tx: Tx, actor: Actor, text: string): Promise<{ appointment: string }> {
    const accepted = await this.statements.accept(tx, text, { ...GUARDIAN_CONFIRMATION, actor });
    const { appointment } = accepted.claims;
    if (accepted.repeated) return { appointment };
    const found = await this.standing(tx, appointment);
    if (found.confirmed || found.appointerId === accepted.partyId) {
      throw refused('an officer confirms what another party appointed and what waits for a confirmation');
    }
    await tx.execute(
      'update identity.guardian_appointment set confirmed_with = $2, confirmed_by = $3 where statement_digest = $1',
      [hex.decode(appointment), hex.decode(accepted.digest), accepted.partyId],
    );
    await this.report(tx, accepted, { act: 'guardian.confirmed', appointment });
    return { appointment };
  }

  /**
   * Ends an appointment at once, with everything that rests on it: the ward's gate is raised. By whoever made it, by the guardian, by
   * any officer, or by the ward of a proxy. Throws APPOINTMENT_UNKNOWN, APPOINTMENT_ENDED or a refusal of the statement.
   */
  async end(tx: Tx, actor: Actor, text: string): Promise<{ appointment: string }> {
    const accepted = await this.statements.accept(tx, text, { ...GUARDIAN_END, actor });
    const { appointment } = accepted.claims;
    if (accepted.repeated) return { appointment };
    const found = await this.standing(tx, appointment);
    const parties = [found.appointerId, found.guardianId, ...(found.kind === 'proxy' ? [found.wardId] : [])];
    const may = parties.includes(accepted.partyId) || accepted.role === 'officer';
    if (!may) throw new IdentityError('APPOINTMENT_UNKNOWN', 'no such appointment was made by or for this party');
    await tx.execute(
      `update identity.guardian_appointment set ended_with = $2, ended_at = greatest($3, appointed_at)
        where statement_digest = $1`,
      [hex.decode(appointment), hex.decode(accepted.digest), accepted.acceptedAt],
    );
    await this.gates.narrow(tx, [found.wardPersonId], 'authority-ended');
    await this.report(tx, accepted, { act: 'guardian.ended', appointment });
    return { appointment };
  }

  /** Appointments of the acting patient, as ward and as guardian, newest first; `after`: digest of the last one seen. */
  async list(tx: Tx, partyId: PartyId, page: { after: string | null; limit: number }): Promise<Appointment[]> {
    await tx.actAs(partyId);
    return selectAppointments(tx, partyId, page);
  }

  private async insert(tx: Tx, made: NewAppointment): Promise<void> {
    const seconds = made.until - made.appointedAt.getTime() / 1000;
    if (seconds <= 0 || seconds > APPOINTMENT_SECONDS_MAX) throw refused('until lies ahead, by ten years at most');
    const { wardId, guardianId } = made;
    const patients = await tx.query('select from identity.patient where party_id in ($1, $2)', [wardId, guardianId]);
    if (patients.length !== 2) throw refused('ward and guardian are two parties that are registered as patients');
    await insertAppointment(tx, made);
  }

  private async standing(tx: Tx, digest: string): Promise<Appointment> {
    const found = await selectAppointment(tx, digest);
    if (!found) throw new IdentityError('APPOINTMENT_UNKNOWN', 'no such appointment was made by or for this party');
    if (found.endedAt) throw new IdentityError('APPOINTMENT_ENDED', 'the appointment has ended');
    return found;
  }

  /** An entry about the ward, which reads it under its access events. */
  private async report(
    tx: Tx,
    { partyId, digest }: Accepted<CommonClaims>,
    { act, appointment }: { readonly act: string; readonly appointment: string },
  ): Promise<void> {
    const found = await selectAppointment(tx, appointment);
    if (!found) return;
    await this.audit.record(tx, {
      act,
      actorId: partyId,
      subjectId: found.wardPersonId,
      outcome: 'permitted',
      detail: { statement: digest, appointment, guardian: found.guardianId, kind: found.kind, scope: found.scope },
    });
  }
}

function refused(why: string): IdentityError {
  return new IdentityError('GUARDIAN_REFUSED', why);
}
