import { Inject, Injectable } from '@nestjs/common';
import { assert, asId, DomainError, type PartyId, type PersonId } from '@aceso/kernel';
import {
  GateService,
  MembershipService,
  refuseBefore,
  StatementJournal,
  StatementService,
  type Accepted,
} from '@aceso/identity';
import { authenticityFault, checkStatement, keyFault } from '@aceso/identity/domain';
import { CONFIG, Runtime, type Config, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import {
  replaceRules,
  ruledByOther,
  selectRuled,
  selectSignedRules,
  type RuledPerson,
  type SignedRulesRow,
} from './data/permission-rows';
import { disagreement } from './guardians-agree';
import {
  ConsentError,
  decidePermission,
  explainDecision,
  numbered,
  permitsNothing,
  PERMISSION_RULES,
  researchUse,
  surelyNarrower,
  type AskedCategory,
  type NumberedRule,
  type PermissionActor,
  type PermissionDecision,
  type PermissionQuestion,
  type PermissionRule,
  type PermissionRulesClaims,
  type ResearchUse,
  type RuleSubject,
} from './domain';

/** The rules of one person, read from the signed bytes. */
export interface PersonRules {
  readonly rules: readonly NumberedRule[];
  /** Null when the person never set any. */
  readonly recordedAt: Date | null;
  /** False when the stored bytes do not verify, or their key was in other hands by then: nothing is permitted. */
  readonly intact: boolean;
  /** The statement as it was signed. */
  readonly text: string | null;
}

/** What somebody wants of one person's records. */
export type AccessAsked = Pick<PermissionQuestion, 'actor' | 'purpose' | 'act'> & {
  readonly categories: readonly AskedCategory[];
};

/** What a patient asks about its own rules. */
export type AccessExplained = Pick<PermissionQuestion, 'category' | 'purpose' | 'act'> & {
  readonly subject: RuleSubject;
};

export interface Explained {
  readonly decision: PermissionDecision;
  /** For the patient. */
  readonly sentence: string;
}

const NO_RULES: PersonRules = { rules: [], recordedAt: null, intact: true, text: null };

/** Permission rules: recorded as signed, and decided by `decidePermission` for one person or by its twin for all. */
@Injectable()
export class PermissionService {
  constructor(
    private readonly statements: StatementService,
    private readonly memberships: MembershipService,
    private readonly gates: GateService,
    private readonly journal: StatementJournal,
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'providersReadOwn'>,
  ) {}

  /**
   * Puts the signed rules in the place of all earlier ones, and raises the gate: whether one set is narrower than another is
   * not asked, but of a recovered key, and of a guardian where another one set the rules before. Throws RULE_PARTY_UNKNOWN,
   * KEY_RESTRICTED, GUARDIANS_DISAGREE or a refusal of the statement.
   */
  async record(tx: Tx, actor: Actor, text: string): Promise<{ rules: number }> {
    const accepted = await this.statements.accept(tx, text, { ...PERMISSION_RULES, actor, narrows: permitsNothing });
    const { claims, digest, acceptedAt } = accepted;
    const rules = numbered(claims.rules);
    if (accepted.repeated) return { rules: rules.length };
    const personId = personOf(accepted);
    await this.refuseWider(tx, accepted);
    await this.refuseUnknown(tx, rules);
    await replaceRules(tx, { personId, digest, recordedAt: acceptedAt }, rules);
    await this.gates.narrow(tx, [personId], 'rules');
    await this.journal.record(tx, accepted, { act: 'consent.rules-set', detail: { rules: rules.length } });
    return { rules: rules.length };
  }

  /** The rules of persons, verified from the signed bytes; every person that is asked for has an answer. */
  async rulesOf(tx: Tx, personIds: readonly PersonId[]): Promise<ReadonlyMap<PersonId, PersonRules>> {
    const rows = new Map((await selectSignedRules(tx, personIds)).map((row) => [row.personId, row]));
    return new Map(
      personIds.map((personId) => {
        const row = rows.get(personId);
        return [personId, row ? this.verified(row) : NO_RULES];
      }),
    );
  }

  /**
   * Decides on categories of one person's records, in their order. Whoever returns or writes records asks here, and again
   * of each resource ({@link categoryOf}) where an answer has obligations or abstains. The patient's own access is no question
   * of rules. Without a rule the answer is no.
   */
  async decideFor(
    tx: Tx,
    personId: PersonId,
    { categories, ...asked }: AccessAsked,
  ): Promise<readonly PermissionDecision[]> {
    const rules = (await this.rulesOf(tx, [personId])).get(personId) ?? NO_RULES;
    const at = this.runtime.now();
    return categories.map((category) => this.decide(rules, { ...asked, category, at }));
  }

  /** One decision on rules that were read before. `unruled`: what another statement of the patient says where no rule speaks. */
  decide(
    { rules, intact }: Pick<PersonRules, 'rules' | 'intact'>,
    question: PermissionQuestion,
    unruled: 'deny' | 'permit' = 'deny',
  ): PermissionDecision {
    const settings = { authorsRead: this.config.providersReadOwn, unruled: intact ? unruled : 'deny' } as const;
    return decidePermission(rules, question, settings);
  }

  /** The same for every person with a rule that speaks of it, in one query over rows. Role worker. */
  decideForAll(
    tx: Tx,
    question: PermissionQuestion,
    set: { readonly unruled: 'deny' | 'permit'; readonly personIds?: readonly PersonId[] },
  ): Promise<readonly RuledPerson[]> {
    assert(tx.role === 'worker', 'rules of all persons are read by the worker only');
    return selectRuled(tx, question, set);
  }

  /** What a research center may use of the records of each of these persons, under grants of theirs. */
  async researchUse(
    tx: Tx,
    use: { readonly center: PartyId; readonly personIds: readonly PersonId[]; readonly at: number },
  ): Promise<ReadonlyMap<PersonId, ResearchUse>> {
    const rules = await this.rulesOf(tx, use.personIds);
    return new Map([...rules].map(([personId, own]) => [personId, researchUse(own, use)]));
  }

  /** Those of the persons of whom a rule came into force or ended after a moment: rows of then may not fit now. Role worker. */
  async turnedSince(tx: Tx, personIds: readonly PersonId[], since: Date): Promise<ReadonlySet<PersonId>> {
    const rows = await tx.query<{ personId: PersonId }>(
      `select distinct person_id as "personId" from consent.permission_rule
        where person_id = any ($1::uuid[])
          and (from_at > $2 and from_at <= clock_timestamp()
            or until_at > $2 and until_at <= clock_timestamp())`,
      [personIds, since],
    );
    return new Set(rows.map(({ personId }) => personId));
  }

  /** The rules of the acting patient. */
  async ownRules(tx: Tx, patient: Pick<Actor, 'partyId' | 'personId'>): Promise<PersonRules> {
    const personId = personOf(patient);
    await tx.actAs(patient.partyId);
    return (await this.rulesOf(tx, [personId])).get(personId) ?? NO_RULES;
  }

  /**
   * What would be decided on a category of the acting patient's records. Research is decided as it would be under a grant
   * where the patient permits discovery. Throws RULE_PARTY_UNKNOWN for a party that is not registered.
   */
  async explain(tx: Tx, patient: Pick<Actor, 'partyId' | 'personId'>, asked: AccessExplained): Promise<Explained> {
    const own = await this.ownRules(tx, patient);
    const actor = await this.namedActor(tx, asked.subject);
    const { category, purpose, act } = asked;
    const granting =
      actor.role === 'researcher' && purpose === 'research' && (await isDiscoverable(tx, personOf(patient)));
    const question = { actor, category, purpose, act, at: this.runtime.now() };
    const decision = this.decide(own, question, granting ? 'permit' : 'deny');
    return { decision, sentence: explainDecision(decision, own) };
  }

  /** Whoever a rule may name, as somebody who asks. */
  private async namedActor(tx: Tx, subject: RuleSubject): Promise<PermissionActor> {
    if ('class' in subject)
      return { partyId: '', role: subject.class === 'research' ? 'researcher' : 'physician', providers: [] };
    if ('physiciansOf' in subject) return { partyId: '', role: 'physician', providers: [subject.physiciansOf] };
    const partyId = asId<'Party'>(subject.party);
    const [party] = await tx.query<{ role: Actor['role'] }>('select role from identity.party where id = $1', [partyId]);
    if (!party) throw new ConsentError('RULE_PARTY_UNKNOWN', 'the party is not registered');
    return this.actorOf(tx, { partyId, role: party.role });
  }

  /** A party as rules see it: with the providers that a physician is a member of now. */
  async actorOf(tx: Tx, { partyId, role }: Pick<Actor, 'partyId' | 'role'>): Promise<PermissionActor> {
    const providers = role === 'physician' ? await this.memberships.providersOf(tx, partyId) : [];
    return { partyId, role, providers };
  }

  private verified({ text, keys, recordedAt, guardian }: SignedRulesRow): PersonRules {
    try {
      const { context } = this.statements;
      const { claims, statement } = checkStatement(text, PERMISSION_RULES, context);
      const { authority } = claims;
      const signed = { signed: statement, acceptedAt: recordedAt.getTime() };
      // Rules stay as they are when a guardian's authority ends: a no must not lapse, and to change them is the ward's.
      const holds =
        typeof authority === 'object'
          ? guardian !== null && typeof authenticityFault(guardian, { ...signed, authority }, context) !== 'string'
          : !keyFault(keys, statement, signed.acceptedAt);
      if (holds) return { rules: numbered(claims.rules), recordedAt, intact: true, text };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
    return { rules: [], recordedAt, intact: false, text };
  }

  /**
   * A recovered key before its time, and a guardian in the place of another one, set no rules but ones that are narrower for sure. Throws
   * KEY_RESTRICTED or GUARDIANS_DISAGREE.
   */
  private async refuseWider(tx: Tx, accepted: Accepted<PermissionRulesClaims>): Promise<void> {
    const { claims, restrictedUntil, acceptedAt: at, signerId: guardianId } = accepted;
    const personId = personOf(accepted);
    const others = typeof claims.authority === 'object' && (await ruledByOther(tx, { personId, guardianId, at }));
    if (!restrictedUntil && !others) return;
    const before = (await this.rulesOf(tx, [personId])).get(personId) ?? NO_RULES;
    if (before.intact && surelyNarrower(claims.rules, before.rules)) return;
    refuseBefore(restrictedUntil, at);
    if (others) throw disagreement();
  }

  /** A rule that names nobody would protect from nobody: a slip of the pen must not pass for a refusal. */
  private async refuseUnknown(tx: Tx, rules: readonly PermissionRule[]): Promise<void> {
    const parties = rules.flatMap(({ subject }) => ('party' in subject ? [subject.party] : []));
    const providers = rules.flatMap(({ subject, category }) => [
      ...('physiciansOf' in subject ? [subject.physiciansOf] : []),
      ...(category.providers ?? []),
    ]);
    const [{ unknown }] = await tx.query<{ unknown: boolean }>(
      `select exists (
         select from unnest($1::uuid[]) named where not exists (select from identity.party p where p.id = named)
       ) or exists (
         select from unnest($2::uuid[]) named
          where not exists (select from identity.party p where p.id = named and p.role = 'provider')
       ) as unknown`,
      [parties, providers],
    );
    if (unknown)
      throw new ConsentError('RULE_PARTY_UNKNOWN', 'a rule names a party that is not registered, or no provider');
  }
}

function personOf({ personId }: { readonly personId?: PersonId | null }): PersonId {
  assert(personId, 'only patients have rules, and a patient has a person');
  return personId;
}

async function isDiscoverable(tx: Tx, personId: PersonId): Promise<boolean> {
  const terms = await tx.query(
    `select from consent.discovery_terms where person_id = $1 and discovery = 'permit' and expires_at > now()`,
    [personId],
  );
  return terms.length > 0;
}
