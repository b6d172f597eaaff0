import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { requireActive } from '@aceso/identity';
import { PermissionService, type PersonRules } from '@aceso/consent';
import {
  explainDecision,
  type AskedCategory,
  type PermissionActor,
  type PermissionDecision,
} from '@aceso/consent/domain';
import { statementDigest, type PartyId, type PersonId, type Statement } from '@aceso/kernel';
import { RefusalLog, Runtime, sha256, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { RegisterError } from '../register.errors';
import { hasRecord, patientOf, type KnownPatient, type PatientHandle } from './patient-handle';

export type TreatmentPurpose = 'treatment' | 'emergency';

/** A physician's wish, judged as a whole. */
export interface JudgedWish {
  readonly patient: KnownPatient;
  readonly overall: PermissionDecision;
  /** Decides on one category; the rules are those of the moment of asking. */
  decide(category: AskedCategory): PermissionDecision;
  /** SHA-256 of the statement that holds the rules; null where the patient never set any. */
  readonly rulesDigest: Uint8Array | null;
}

/**
 * A refusal is answered at a whole number of these milliseconds after the question: where there is a record more is looked up and written
 * down than where there is none, and the time would tell.
 */
export const REFUSAL_STEP_MS = 250;

/** Milliseconds from `elapsed` to the next step; a whole step where the clock went backwards. */
export function untilStep(elapsed: number): number {
  return REFUSAL_STEP_MS - (Math.max(0, elapsed) % REFUSAL_STEP_MS);
}

const NO_DATA = 'there is no data that you may see';

/** A refusal that knows why: for the patient only. */
class Denied extends RegisterError {
  constructor(
    readonly actor: Actor,
    readonly purpose: TreatmentPurpose,
    readonly act: string,
    readonly patient: KnownPatient | null,
    readonly why: { readonly decision: PermissionDecision; readonly sentence: string } | null,
  ) {
    super('NO_DATA', NO_DATA);
  }
}

/** What physicians may do with records: the one place of the register that asks the rules, and that refuses. */
@Injectable()
export class AccessDecision {
  constructor(
    private readonly permissions: PermissionService,
    private readonly refusals: RefusalLog,
    private readonly runtime: Runtime,
  ) {}

  /**
   * Runs what a physician asked for. A refusal rolls it back, is recorded for the patient with rule and sentence, and becomes
   * NO_DATA: the same as for a patient who is not known, whose record another provider holds, or who has nothing, and after as long
   * (REFUSAL_STEP_MS).
   */
  async answering<T>(run: () => Promise<T>): Promise<T> {
    const asked = this.runtime.now();
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof RegisterError && error.code === 'NO_DATA')) throw error;
      if (error instanceof Denied) await this.record(error);
      await sleep(untilStep(this.runtime.now() - asked));
      throw noData();
    }
  }

  /**
   * Judges what a physician asks for, who may act (PARTY_NOT_ACTIVE otherwise); what is denied of everything ends here. In an emergency a patient without a rule that
   * speaks of it is taken to agree, and a rule that says none (for emergencies, or for any purpose) stands.
   */
  async judge(
    tx: Tx,
    asked: {
      readonly actor: Actor;
      readonly handle: PatientHandle;
      readonly purpose: TreatmentPurpose;
      readonly act: string;
    },
  ): Promise<JudgedWish> {
    const { actor, handle, purpose, act } = asked;
    await tx.actAs(actor.partyId);
    await requireActive(tx, actor.partyId);
    const asking = await this.permissions.actorOf(tx, actor);
    const patient = await patientOf(tx, handle, asking.providers as readonly PartyId[]);
    if (!patient) throw new Denied(actor, purpose, act, null, null);
    return this.judgeKnown(tx, { ...asked, asking, patient });
  }

  /** The same for a patient who was named before. */
  async judgeKnown(
    tx: Tx,
    asked: {
      readonly actor: Actor;
      readonly asking?: PermissionActor;
      readonly patient: KnownPatient;
      readonly purpose: TreatmentPurpose;
      readonly act: string;
    },
  ): Promise<JudgedWish> {
    const { actor, patient, purpose, act } = asked;
    const asking = asked.asking ?? (await this.permissions.actorOf(tx, actor));
    if (!asking.providers.includes(patient.providerId)) throw new Denied(actor, purpose, act, null, null);
    const rules = await this.rulesOf(tx, patient.personId);
    const at = this.runtime.now();
    const decide = (category: AskedCategory): PermissionDecision =>
      this.permissions.decide(
        rules,
        { actor: asking, category, purpose, act: act === 'record.written' ? 'write' : 'read', at },
        purpose === 'emergency' ? 'permit' : 'deny',
      );
    const overall = decide({});
    if (overall.effect === 'deny') throw denied({ actor, patient, purpose, act }, overall, rules);
    return { patient, overall, decide, rulesDigest: digestOf(rules) };
  }

  /** Refuses where no record is bound to a patient, who may have erased it: there is nothing to open. */
  async requireRecord(
    tx: Tx,
    asked: { readonly actor: Actor; readonly purpose: TreatmentPurpose; readonly act: string },
    patient: KnownPatient,
  ): Promise<void> {
    if (!(await hasRecord(tx, patient))) throw new Denied(asked.actor, asked.purpose, asked.act, patient, null);
  }

  /** Refuses because of one decision. */
  async refuse(
    tx: Tx,
    asked: {
      readonly actor: Actor;
      readonly patient: KnownPatient;
      readonly purpose: TreatmentPurpose;
      readonly act: string;
    },
    decision: PermissionDecision,
  ): Promise<never> {
    throw denied(asked, decision, await this.rulesOf(tx, asked.patient.personId));
  }

  private async rulesOf(tx: Tx, personId: PersonId): Promise<PersonRules> {
    return (await this.permissions.rulesOf(tx, [personId])).get(personId) as PersonRules;
  }

  private async record({ actor, purpose, act, patient, why }: Denied): Promise<void> {
    const rule = why?.decision.rule?.number;
    await this.refusals.record({
      actorId: actor.partyId,
      act,
      purpose,
      reason: why ? (rule === undefined ? 'RULE_MISSING' : 'RULE_DENIES') : 'NO_DATA',
      ...(patient && { subjectId: patient.personId, providerId: patient.providerId }),
      ...(why && { basis: why.decision.basis, detail: { why: why.sentence } }),
      ...(rule !== undefined && { rule }),
    });
  }
}

function digestOf({ text, intact }: PersonRules): Uint8Array | null {
  return text !== null && intact ? statementDigest(JSON.parse(text) as Statement, sha256) : null;
}

function denied(
  {
    actor,
    patient,
    purpose,
    act,
  }: {
    readonly actor: Actor;
    readonly patient: KnownPatient;
    readonly purpose: TreatmentPurpose;
    readonly act: string;
  },
  decision: PermissionDecision,
  rules: PersonRules,
): Denied {
  return new Denied(actor, purpose, act, patient, { decision, sentence: explainDecision(decision, rules) });
}

/** What a requester learns of a refusal. */
export function noData(): RegisterError {
  return new RegisterError('NO_DATA', NO_DATA);
}
