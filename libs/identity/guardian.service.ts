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
  type CommonClaims,
} from './domain';
import { selectAppointment, selectAppointments, type Appointment } from './data/guardian-rows';
import { GateService } from './gate.service';
import { SourceRecordDirectory } from './source-record-directory';
import { StatementService, type Accepted } from './statement.service';

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
  ) {}

  /**
   * Records that a provider appoints a guardian for the patient of a record that it holds, or that an officer does, which counts once
   * another officer confirmed it. Throws GUARDIAN_REFUSED or a refusal of the statement.
   */
  async appoint(tx: Tx, actor: Actor, text: string): Promise<{ appointment: string }> {
    const accepted = await this.statements.accept(tx, text, { ...GUARDIAN_APPOINTMENT, actor });
    const { claims, digest, partyId, role, acceptedAt } = accepted;
    if (accepted.repeated) return { appointment: digest };
    const holder = await this.directory.providerOf(tx, claims.sourceRecord as never);
    if (holder === null || (role === 'provider' && holder !== partyId)) {
      throw refused('the appointing party knows no such source record of a patient');
    }
    const seconds = claims.until - acceptedAt.getTime() / 1000;
    if (seconds <= 0 || seconds > APPOINTMENT_SECONDS_MAX) throw refused('until lies ahead, by ten years at most');
    const patients = await tx.query('select from identity.patient where party_id in ($1, $2)', [
      claims.ward,
      claims.guardian,
    ]);
    if (patients.length !== 2) throw refused('ward and guardian are two parties that are registered as patients');
    await tx.execute(
      `insert into identity.guardian_appointment
         (statement_digest, appointer_id, ward_id, guardian_id, source_record_id, kind, scope, until, appointed_at)
       values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8), $9)`,
      [
        hex.decode(digest),
        partyId,
        claims.ward,
        claims.guardian,
        claims.sourceRecord,
        claims.kind,
        claims.scope,
        claims.until,
        acceptedAt,
      ],
    );
    await this.report(tx, accepted, { act: 'guardian.appointed', appointment: digest });
    return { appointment: digest };
  }

  /** A second officer's word for an officer's appointment. Throws APPOINTMENT_UNKNOWN, GUARDIAN_REFUSED or a refusal. */
  async confirm(tx: Tx, actor: Actor, text: string): Promise<{ appointment: string }> {
    const accepted = await this.statements.accept(tx, text, { ...GUARDIAN_CONFIRMATION, actor });
    const { appointment } = accepted.claims;
    if (accepted.repeated) return { appointment };
    const found = await this.standing(tx, appointment);
    if (found.appointerRole !== 'officer' || found.appointerId === accepted.partyId || found.confirmed) {
      throw refused('an appointment of another officer, which nobody confirmed before, is confirmed');
    }
    await tx.execute(
      'update identity.guardian_appointment set confirmed_with = $2, confirmed_by = $3 where statement_digest = $1',
      [hex.decode(appointment), hex.decode(accepted.digest), accepted.partyId],
    );
    await this.report(tx, accepted, { act: 'guardian.confirmed', appointment });
    return { appointment };
  }

  /**
   * Ends an appointment at once, with everything that rests on it: the ward's gate is raised. By whoever made it, by the guardian, or
   * by any officer. Throws APPOINTMENT_UNKNOWN, APPOINTMENT_ENDED or a refusal of the statement.
   */
  async end(tx: Tx, actor: Actor, text: string): Promise<{ appointment: string }> {
    const accepted = await this.statements.accept(tx, text, { ...GUARDIAN_END, actor });
    const { appointment } = accepted.claims;
    if (accepted.repeated) return { appointment };
    const found = await this.standing(tx, appointment);
    const may = [found.appointerId, found.guardianId].includes(accepted.partyId) || accepted.role === 'officer';
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
