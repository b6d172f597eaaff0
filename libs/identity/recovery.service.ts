import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { hex, statementText, type PartyId, type PersonId } from '@aceso/kernel';
import { CONFIG, Runtime, type Config, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { BindingService } from './binding.service';
import {
  checkStatement,
  checkTime,
  DAY_SECONDS,
  firstVoucher,
  IdentityError,
  keyOf,
  RECOVERIES_PENDING_MAX,
  RECOVERY,
  RECOVERY_ATTESTATION,
  RECOVERY_VETO,
  recoveryRefusal,
  type CheckedStatement,
  type RecoveryClaims,
  type RecoveryRefusal,
} from './domain';
import { refuseFullParty } from './data/key-rows';
import { selectNotices, type Notice } from './data/notice-rows';
import {
  actingPersonEarns,
  finishRecovery,
  insertRecovery,
  selectRecoveries,
  selectVouchers,
  vetoRecovery,
  type RecoveryRow,
  type VoucherRow,
} from './data/recovery-rows';
import { GateService } from './gate.service';
import { SourceRecordDirectory } from './source-record-directory';
import { StatementJournal } from './statement-journal';
import { StatementService } from './statement.service';

/** How a recovery stands. */
export interface Recovery {
  /** Digest of its statement, lower-case hexadecimal. */
  readonly recovery: string;
  readonly state: 'waiting' | 'finished' | 'vetoed' | 'lapsed';
  /** Until when it can only be vetoed. */
  readonly waitsUntil: Date;
}

/** Whose a recovery is, as its attestation says. */
interface Claimed {
  readonly checked: CheckedStatement<RecoveryClaims>;
  readonly vouchers: readonly VoucherRow[];
  readonly partyId: PartyId;
  readonly personId: PersonId;
}

const MESSAGES: Readonly<Record<RecoveryRefusal, string>> = {
  RECOVERY_VETOED: 'a key of the person ended this recovery for good: begin again with a new key',
  RECOVERY_EXPIRED: 'the time in which it could be finished is over: begin again with a new key',
  RECOVERY_WAITING: 'the waiting period is not over',
  RECOVERY_CONTESTED: 'another key waits for the same person: one of them has to be vetoed, or to lapse',
  RECOVERY_NOT_ATTESTED: 'no attestation that holds joins this key to a bound source record',
  RECOVERY_SECOND_ATTESTER:
    'a second attestation for this key is needed, of another provider of the person or an officer',
};

/** Gives patients who lost their keys a new one (privacy-and-keys 8): attested, after a waiting period, unless an old key objects. */
@Injectable()
export class RecoveryService {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'recoveryWaitDays'>,
    private readonly runtime: Runtime,
    private readonly statements: StatementService,
    private readonly bindings: BindingService,
    private readonly directory: SourceRecordDirectory,
    private readonly gates: GateService,
    private readonly audit: AuditService,
    private readonly journal: StatementJournal,
  ) {}

  /**
   * Records the word of a provider, for a record that it holds, or of an officer, that a new key belongs to the patient of
   * the record. Throws RECOVERY_SOURCE_RECORD_UNKNOWN or a refusal of the statement.
   */
  async attest(tx: Tx, actor: Actor, text: string): Promise<{ attestation: string }> {
    const accepted = await this.statements.accept(tx, text, { ...RECOVERY_ATTESTATION, actor });
    const { claims, digest, partyId, role, acceptedAt, repeated } = accepted;
    if (repeated) return { attestation: digest };
    const { sourceRecord, key, evidence } = claims;
    const holder = await this.directory.providerOf(tx, sourceRecord as never);
    if (holder === null || (role === 'provider' && holder !== partyId)) {
      throw new IdentityError(
        'RECOVERY_SOURCE_RECORD_UNKNOWN',
        'the attester knows no such source record of a patient',
      );
    }
    await tx.execute(
      `insert into identity.recovery_attestation (statement_digest, attester_id, source_record_id, did, attested_at)
       values ($1, $2, $3, $4, $5)`,
      [hex.decode(digest), partyId, sourceRecord, key, acceptedAt],
    );
    await this.audit.record(tx, {
      act: 'recovery.attested',
      actorId: partyId,
      subjectId: sourceRecord,
      outcome: 'permitted',
      detail: { statement: digest, evidence },
    });
    return { attestation: digest };
  }

  /**
   * Begins a recovery: from now on it waits, and every device of the person is told. The same statement again answers how it
   * stands. Throws RECOVERY_NOT_ATTESTED, RECOVERY_KEY_USED, RECOVERY_LIMIT_REACHED, RECOVERY_TOO_SHORT,
   * KEY_ALREADY_REGISTERED or a refusal of the statement. Whether somebody earns is not said here: an attester that
   * tries would learn it without leaving a trace.
   */
  async request(tx: Tx, text: string): Promise<Recovery> {
    const claimed = await this.claimed(tx, text);
    const { checked, partyId, personId } = claimed;
    const { claims, digest, statement } = checked;
    const now = this.runtime.now();
    const earlier = await selectRecoveries(tx, partyId);
    const same = earlier.find((one) => one.digest === digest);
    if (same) return standingOf(same, now);
    checkTime(claims, RECOVERY, now);
    await this.refuseNew(tx, claimed, earlier);
    const waitsUntil = new Date(now + this.config.recoveryWaitDays * DAY_SECONDS * 1000);
    if (claims.exp * 1000 <= waitsUntil.getTime()) {
      throw new IdentityError(
        'RECOVERY_TOO_SHORT',
        'exp leaves no time after the waiting period: sign with a later one',
      );
    }
    const { kind, signatureCounter } = keyOf(checked);
    const inserted = await insertRecovery(tx, {
      digest,
      partyId,
      did: statement.kid,
      kind,
      signatureCounter,
      text: statementText(statement),
      revokeOthers: claims.revokeOthers,
      attestation: claims.attestation,
      requestedAt: new Date(now),
      waitsUntil,
      expiresAt: new Date(claims.exp * 1000),
    });
    if (!inserted) throw new IdentityError('RECOVERY_KEY_USED', 'this key was used for a recovery: make a new one');
    await this.report(tx, { act: 'recovery.requested', partyId, personId, digest });
    return { recovery: digest, state: 'waiting', waitsUntil };
  }

  /**
   * Gives the person the new key after the waiting period, and ends the others if the recovery says so. The new key permits
   * nothing for as long again. The same again answers the same. Throws a RecoveryRefusal, KEY_LIMIT_REACHED or
   * KEY_ALREADY_REGISTERED.
   */
  async finish(tx: Tx, text: string): Promise<Recovery> {
    const { checked, vouchers, partyId, personId } = await this.claimed(tx, text);
    const now = this.runtime.now();
    const recoveries = await selectRecoveries(tx, partyId);
    const recovery = recoveries.find(({ digest }) => digest === checked.digest);
    if (!recovery) throw new IdentityError('RECOVERY_UNKNOWN', 'no such recovery was begun');
    if (recovery.outcome === 'finished') return standingOf(recovery, now);
    const refusal = recoveryRefusal(
      {
        personId,
        did: recovery.did,
        attestation: recovery.attestation,
        vouchers,
        waitsUntil: recovery.waitsUntil.getTime(),
        expiresAt: recovery.expiresAt.getTime(),
        vetoed: recovery.outcome === 'vetoed',
        contested: recoveries.some((other) => other !== recovery && isWaiting(other, now)),
        earns: await actingPersonEarns(tx),
        providers: (await this.bindings.boundSourceRecords(tx, [personId])).map(({ providerId }) => providerId),
      },
      this.statements.context,
      now,
    );
    if (refusal) throw new IdentityError(refusal, MESSAGES[refusal]);
    await refuseFullParty(tx, partyId, recovery.revokeOthers);
    if ((await finishRecovery(tx, recovery.digest, new Date(now))) !== null) {
      throw new IdentityError('KEY_ALREADY_REGISTERED', 'the key belongs to a party already');
    }
    if (recovery.revokeOthers) await this.gates.narrow(tx, [personId], 'key-revoked');
    await this.report(tx, { act: 'recovery.finished', partyId, personId, digest: recovery.digest });
    return { recovery: recovery.digest, state: 'finished', waitsUntil: recovery.waitsUntil };
  }

  /** Ends a recovery for good, by a key that the person had before. Throws RECOVERY_UNKNOWN, RECOVERY_FINISHED or a refusal. */
  async veto(tx: Tx, actor: Actor, text: string): Promise<{ recovery: string }> {
    const accepted = await this.statements.accept(tx, text, { ...RECOVERY_VETO, actor });
    const { recovery } = accepted.claims;
    if (accepted.repeated) return { recovery };
    const ended = await vetoRecovery(tx, recovery, accepted.digest);
    if (ended === 'finished') {
      throw new IdentityError('RECOVERY_FINISHED', 'the recovery was finished before: revoke its key instead');
    }
    if (ended !== null) throw new IdentityError('RECOVERY_UNKNOWN', 'no such recovery of the patient waits');
    await this.journal.record(tx, accepted, { act: 'recovery.vetoed', detail: { recovery } });
    return { recovery };
  }

  /** Notices of the acting party, newest first; `before`: the number of the last one that was seen. */
  async notices(
    tx: Tx,
    partyId: PartyId,
    page: { readonly limit: number; readonly before: string | null },
  ): Promise<Notice[]> {
    await tx.actAs(partyId);
    return selectNotices(tx, partyId, page);
  }

  /** Verifies a recovery's bytes and finds whose it is; the transaction acts as that party, whose chain is locked. */
  private async claimed(tx: Tx, text: string): Promise<Claimed> {
    const { context } = this.statements;
    const checked = checkStatement(text, RECOVERY, context);
    const did = checked.statement.kid;
    const vouchers = await selectVouchers(tx, did);
    const { attestation } = checked.claims;
    for (const { personId, partyId } of vouchers) {
      if (personId && partyId && firstVoucher({ personId, did, attestation, vouchers }, context)) {
        await tx.actAs(partyId);
        await this.statements.lock(tx, partyId);
        return { checked, vouchers, partyId, personId };
      }
    }
    throw new IdentityError('RECOVERY_NOT_ATTESTED', MESSAGES.RECOVERY_NOT_ATTESTED);
  }

  private async refuseNew(tx: Tx, { checked }: Claimed, earlier: readonly RecoveryRow[]): Promise<void> {
    const now = this.runtime.now();
    if (earlier.filter((one) => isWaiting(one, now)).length >= RECOVERIES_PENDING_MAX) {
      throw new IdentityError(
        'RECOVERY_LIMIT_REACHED',
        `${RECOVERIES_PENDING_MAX} recoveries of the person wait: one has to be vetoed, or to lapse`,
      );
    }
    const taken = await tx.query('select from identity.party_key where did = $1', [checked.statement.kid]);
    if (taken.length > 0) throw new IdentityError('KEY_ALREADY_REGISTERED', 'the key belongs to a party already');
  }

  private async report(
    tx: Tx,
    { act, partyId, personId, digest }: { act: string; partyId: PartyId; personId: PersonId; digest: string },
  ): Promise<void> {
    const detail = { statement: digest };
    await this.audit.record(tx, { act, actorId: partyId, subjectId: personId, outcome: 'permitted', detail });
  }
}

function isWaiting({ outcome, expiresAt }: RecoveryRow, now: number): boolean {
  return outcome === null && expiresAt.getTime() > now;
}

function standingOf(row: RecoveryRow, now: number): Recovery {
  const state = row.outcome ?? (isWaiting(row, now) ? 'waiting' : 'lapsed');
  return { recovery: row.digest, state, waitsUntil: row.waitsUntil };
}
