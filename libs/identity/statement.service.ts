import { Inject, Injectable } from '@nestjs/common';
import { assert, hex, type KeyKind, type PartyId, type PersonId, type Statement } from '@aceso/kernel';
import { CONFIG, Runtime, sha256, verifyEd25519, verifyP256, type Config, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import {
  ageLimits,
  authorityFault,
  BINDING,
  checkChain,
  checkStatement,
  checkTime,
  EMPTY_CHAIN,
  IdentityError,
  keepsRestriction,
  KINDS_AFTER_ERASURE,
  signatureCounter,
  type AgeLimits,
  type AuthorityFault,
  type BindingClaims,
  type ChainClaims,
  type ChainHead,
  type CheckedStatement,
  type CommonClaims,
  type GuardianAuthority,
  type Role,
  type StatementContext,
  type StatementKind,
} from './domain';
import { selectAuthority } from './data/guardian-rows';
import { refuseBefore } from './restricted-key';
import { raiseSignatureCounter } from './data/key-rows';
import { requireActive, requireNotHeld } from './standing';
import { findStatement, insertStatement, lockChain, moveChain, type StoredStatement } from './data/statement-rows';

/** What a caller expects of a statement. `actor` is the logged-in party, when there is one: nobody hands in for another. */
export type Expected<Claims extends CommonClaims> = StatementKind<Claims> & {
  readonly chained?: true;
  /** Whether these claims permit nothing that was not permitted: then a recovered key may sign them before its time. */
  readonly narrows?: (claims: Claims) => boolean;
  readonly actor?: Pick<Actor, 'partyId'>;
};

/** A statement that stands: its signer is a party, and it is stored as it was signed. */
export interface Accepted<Claims extends CommonClaims> extends CheckedStatement<Claims> {
  /** Whose statement it is: the signer's party, or the ward that a guardian signed for. */
  readonly partyId: PartyId;
  /** The party of the signing key: the guardian, where one signed for a ward. */
  readonly signerId: PartyId;
  readonly role: Role;
  /** Present for patients. */
  readonly personId: PersonId | null;
  /** Until when the signing key, being a recovered one, permits nothing; null for every other key. */
  readonly restrictedUntil: Date | null;
  /** When it was accepted first. */
  readonly acceptedAt: Date;
  /** True when the same statement was accepted before: the act has happened, and must not happen again. */
  readonly repeated: boolean;
}

/** A patient that a guardian acts for. */
interface Ward {
  readonly partyId: PartyId;
  readonly personId: PersonId;
}

export const AUTHORITY_MESSAGES: Readonly<Record<AuthorityFault, string>> = {
  AUTHORITY_INVALID: 'no appointment that holds joins this guardian and this ward',
  AUTHORITY_OTHER_KEY: 'the statement was signed by another key than one of the appointed guardian',
  AUTHORITY_UNCONFIRMED: 'an officer, and not who appointed, has to confirm the appointment',
  AUTHORITY_NOT_BOUND: 'the provider that appointed the guardian holds no record that is bound to the ward',
  AUTHORITY_ENDED: 'the appointment has ended',
  AUTHORITY_MAJORITY: 'the ward is of age, or may be',
  AUTHORITY_WARD_MINOR: 'who is not surely of age names no proxy',
  AUTHORITY_WARD_DECEASED: 'the ward has died: nothing new is permitted',
  AUTHORITY_SCOPE: 'the appointment does not cover this',
};

interface Signer {
  readonly partyId: PartyId;
  readonly role: Role;
  readonly kind: KeyKind;
  readonly revoked: boolean;
  /** Until when a recovered key permits nothing. */
  readonly restrictedUntil: Date | null;
  /** True once the party erased everything. */
  readonly erased: boolean;
  readonly personId: PersonId | null;
}

/** Accepts statements: the only way into identity.statement. */
@Injectable()
export class StatementService {
  /** What statements are judged against here. */
  readonly context: StatementContext;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'origin' | 'relyingParty' | 'adultAgeYears'>,
    private readonly runtime: Runtime,
  ) {
    const passkeys = { relyingParty: config.relyingParty, sha256, verifyP256 };
    this.context = { audience: config.origin, verify: verifyEd25519, sha256, passkeys };
  }

  /**
   * Accepts a statement of a registered party and stores it. The transaction acts as the signer from here on. The same
   * statement again is answered with `repeated`, whenever it comes. A chained statement locks its party's chain until
   * the end of the transaction. Throws the refusals of docs/reference/statements.md.
   */
  async accept<Claims extends CommonClaims>(
    tx: Tx,
    text: string,
    expected: Expected<Claims>,
  ): Promise<Accepted<Claims>> {
    const checked = checkStatement(text, expected, this.context);
    const { head, signer, ward } = await this.lockSigner(tx, checked, expected);
    const { role, restrictedUntil } = signer;
    const { partyId, personId } = ward ?? signer;
    const acceptedAt = new Date(this.runtime.now());
    const stored = { checked, partyId, acceptedAt, chained: expected.chained === true };
    if (!keepsRestriction(expected.typ, checked.claims, expected.narrows)) {
      refuseBefore(signer.restrictedUntil, acceptedAt);
    }
    const earlier = (await findEarlier(tx, stored)) ?? (await this.store(tx, { stored, head, expected }));
    const repeated = earlier !== null;
    return {
      ...checked,
      partyId,
      signerId: signer.partyId,
      role,
      personId,
      restrictedUntil,
      acceptedAt: earlier?.acceptedAt ?? acceptedAt,
      repeated,
    };
  }

  /**
   * The signer, whose key nobody revokes until the end of the transaction. A chain is locked before a key, by whoever locks both; what
   * was read before the lock is then read again.
   */
  private async lockSigner(
    tx: Tx,
    { statement, claims }: CheckedStatement<CommonClaims>,
    expected: Pick<Expected<CommonClaims>, 'typ' | 'signers' | 'chained' | 'actor'>,
  ): Promise<{ signer: Signer; head: ChainHead; ward?: Ward }> {
    if (!expected.chained) {
      const signer = await this.signer(tx, statement, expected);
      await tx.actAs(signer.partyId);
      return { signer, head: EMPTY_CHAIN };
    }
    if (typeof claims.authority === 'object') {
      const ward = await wardOf(tx, claims.authority);
      await tx.actAs(ward.partyId);
      const head = await lockChain(tx, ward.partyId);
      return { signer: await this.signer(tx, statement, expected), head, ward };
    }
    const party = await partyOfKey(tx, statement.kid);
    await tx.actAs(party);
    const head = await lockChain(tx, party);
    return { signer: await this.signer(tx, statement, expected), head };
  }

  /** Stores a statement that was not there before; the earlier one if it came in at the same moment. */
  private async store(
    tx: Tx,
    act: { stored: StoredStatement; head: ChainHead; expected: StatementKind<CommonClaims> },
  ): Promise<{ acceptedAt: Date } | null> {
    const { stored, head, expected } = act;
    checkTime(stored.checked.claims, expected, stored.acceptedAt.getTime());
    await this.refuseWithoutAuthority(tx, stored, expected);
    if (stored.chained) {
      checkChain(head, stored.checked.claims as CommonClaims & ChainClaims);
      await moveChain(tx, stored);
    }
    if (await insertStatement(tx, stored)) {
      const { statement } = stored.checked;
      const counter = signatureCounter(statement);
      if (counter > 0) await raiseSignatureCounter(tx, statement.kid, counter);
      return null;
    }
    const rival = await findEarlier(tx, stored);
    assert(rival, 'what stands in the way is the same statement, or one with its jti');
    return rival;
  }

  /** Throws an AuthorityFault where a guardian may not sign this for its ward now. */
  private async refuseWithoutAuthority(
    tx: Tx,
    { checked: { claims, statement }, acceptedAt }: StoredStatement,
    { guarded }: Pick<StatementKind, 'guarded'>,
  ): Promise<void> {
    const { authority } = claims;
    if (typeof authority !== 'object') return;
    assert(guarded, 'a kind that no guardian signs was refused before');
    const at = acceptedAt.getTime();
    const evidence = await selectAuthority(tx, authority.evidence);
    const binds = statement.typ === BINDING.typ ? (claims as BindingClaims).sourceRecord : null;
    const need = { authority, signed: statement, acceptedAt: at, scope: guarded, binds, ages: this.ages() };
    const fault = evidence ? authorityFault(evidence, need, this.context, at) : 'AUTHORITY_INVALID';
    if (fault) throw new IdentityError(fault, AUTHORITY_MESSAGES[fault]);
  }

  /** Who is surely of age, and who surely is not, at the record date. */
  ages(): AgeLimits {
    return ageLimits(Date.parse(this.runtime.recordDate()), this.config.adultAgeYears);
  }

  private async signer(
    tx: Tx,
    { kid, alg }: Statement,
    expected: Pick<Expected<CommonClaims>, 'signers' | 'actor' | 'typ' | 'whileStopped' | 'heldDaysMax'>,
  ): Promise<Signer> {
    // A passkey's counter is written with the statement: two of its statements wait for each other instead of deadlocking.
    const lock = alg === 'Ed25519' ? 'share' : 'no key update';
    const [signer] = await tx.query<Signer>(
      `select key.party_id as "partyId", party.role, key.kind, key.revoked_at is not null as revoked,
              key.restricted_until as "restrictedUntil",
              exists (select from identity.erased_party gone where gone.party_id = party.id) as erased,
              patient.person_id as "personId"
         from identity.party_key key
         join identity.party on party.id = key.party_id
         left join identity.patient on patient.party_id = party.id
        where key.did = $1
          for ${lock} of key`,
      [kid],
    );
    if (!signer) throw keyUnknown();
    if (signer.kind !== alg)
      throw new IdentityError('KEY_KIND_MISMATCH', 'the key was added as one that signs otherwise');
    if (signer.revoked) throw new IdentityError('KEY_REVOKED', 'the key was revoked');
    const now = new Date(this.runtime.now());
    if (expected.heldDaysMax !== undefined) await requireNotHeld(tx, signer.partyId, now, expected.heldDaysMax);
    else if (!expected.whileStopped) await requireActive(tx, signer.partyId, now);
    if (signer.erased && !KINDS_AFTER_ERASURE.includes(expected.typ)) {
      throw new IdentityError('PARTY_ERASED', 'the party erased everything: register again with a new key');
    }
    if (expected.actor && expected.actor.partyId !== signer.partyId) {
      throw new IdentityError('SIGNER_NOT_ACTOR', 'the statement was signed by another party than the one logged in');
    }
    if (!expected.signers.includes(signer.role)) {
      throw new IdentityError('ROLE_NOT_ALLOWED', 'a party of this role does not sign such statements');
    }
    return signer;
  }

  /** Locks a party's chain until the end of the transaction: acts of one party happen one after the other. */
  async lock(tx: Tx, partyId: PartyId): Promise<void> {
    await lockChain(tx, partyId);
  }

  /** The newest chained statement of a party, so that a client can continue; the transaction acts as that party. */
  async head(tx: Tx, partyId: PartyId): Promise<ChainHead> {
    await tx.actAs(partyId);
    const [head] = await tx.query<{ sequence: number; digest: Buffer | null }>(
      'select sequence, digest from identity.statement_chain where party_id = $1',
      [partyId],
    );
    if (!head) return EMPTY_CHAIN;
    return { sequence: head.sequence, digest: head.digest && hex.encode(head.digest) };
  }
}

/** Whom a guardian acts for. Throws AUTHORITY_INVALID where the claim names nobody who could be a ward. */
async function wardOf(tx: Tx, { guardianFor }: GuardianAuthority): Promise<Ward> {
  const [ward] = await tx.query<Ward>(
    `select patient.party_id as "partyId", patient.person_id as "personId"
       from identity.patient
      where patient.party_id = $1 and identity.is_active(patient.party_id, clock_timestamp())
        and not exists (select from identity.erased_party gone where gone.party_id = patient.party_id)`,
    [guardianFor],
  );
  if (!ward) throw new IdentityError('AUTHORITY_INVALID', AUTHORITY_MESSAGES.AUTHORITY_INVALID);
  return ward;
}

async function partyOfKey(tx: Tx, did: string): Promise<PartyId> {
  const [key] = await tx.query<{ partyId: PartyId }>(
    'select party_id as "partyId" from identity.party_key where did = $1',
    [did],
  );
  if (!key) throw keyUnknown();
  return key.partyId;
}

function keyUnknown(): IdentityError {
  return new IdentityError('KEY_UNKNOWN', 'the key belongs to no party here');
}

/** The same statement, accepted before. Throws REPLAY_DETECTED when its jti stands on another one. */
async function findEarlier(tx: Tx, { checked, partyId }: StoredStatement): Promise<{ acceptedAt: Date } | null> {
  const earlier = await findStatement(tx, partyId, checked.claims.jti);
  if (earlier && earlier.digest !== checked.digest) {
    throw new IdentityError('REPLAY_DETECTED', 'the jti was used on another statement');
  }
  return earlier;
}
