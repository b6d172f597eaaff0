import { Inject, Injectable } from '@nestjs/common';
import { asId, hex, type CohortId, type PartyId, type PersonId } from '@aceso/kernel';
import { minorFrom, type GuardianKind } from '@aceso/identity/domain';
import { CONFIG, Database, Runtime, sha256, type Config, type Tx } from '@aceso/platform';
import { bornAtLatest } from './domain/age';
import type { Criteria } from './domain/criteria';
import { criteriaHash } from './domain/criteria-document';
import { judgeEligibility, type Eligibility } from './domain/eligibility';
import { mayDecide, ONCE, type FoundContext } from './domain/found';
import { CohortIndex } from './cohort-index';

/** One version of a cohort: requests name the one that they were sent with. */
export interface CohortVersion {
  readonly cohortId: CohortId;
  readonly version: number;
}

/** Who is to be judged on whose word. */
export interface Word {
  readonly personId: PersonId;
  /** Digest of the appointment of the guardian who gave it, lower-case hexadecimal; null for the person's own. */
  readonly appointment: string | null;
}

/** Finds persons in the fact index. What outsiders learn of how many they are goes through `DisclosureDesk`. */
@Injectable()
export class CohortService {
  constructor(
    private readonly database: Database,
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'adultAgeYears'>,
    private readonly index: CohortIndex = new CohortIndex(database),
  ) {}

  /** The true number, for disclosure control and nobody else. Role api. */
  async persons(actor: { readonly partyId: PartyId }, criteria: Criteria, day: string): Promise<number> {
    const steps = await this.index.count('api', this.asked(criteria, { day, shownTo: actor.partyId }));
    return steps.at(-1)!;
  }

  /**
   * The persons of a cohort, in the order of their ids. Ages are judged at `day`, the record date by default. `askerId` counts rules about that
   * research center in: counts are the same for everybody and leave them out. Role worker.
   */
  find(criteria: Criteria, at: Partial<Pick<FoundContext, 'day' | 'askerId'>> = {}): Promise<PersonId[]> {
    return this.index.persons('worker', this.asked(criteria, at));
  }

  private asked(criteria: Criteria, at: Partial<FoundContext>) {
    return { criteria, day: this.runtime.recordDate(), adultAgeYears: this.config.adultAgeYears, ...at };
  }

  /**
   * Those who live and whose word counts at the record date, each human once: an adult's own, or that of a guardian whose appointment
   * stands over who is in its care. Checked when terms answer and again when data leaves. Role worker.
   */
  async deciders(tx: Tx, words: readonly Word[]): Promise<Set<PersonId>> {
    const day = this.runtime.recordDate();
    const { adultAgeYears } = this.config;
    const rows = await tx.query<{ person_id: PersonId }>(
      `select i.person_id from unnest($1::uuid[], $2::text[]) as word (person_id, appointment)
         join register.person_index i on i.person_id = word.person_id
         join facts.person p on p.index_no = i.index_no
         left join identity.standing_appointment a
           on a.statement_digest = decode(word.appointment, 'hex') and a.scope <> 'read'
        where not p.deceased and (word.appointment is null or a.kind is not null)
          and ${mayDecide('a.kind', '$3', '$4')} and ${ONCE}`,
      [
        words.map(({ personId }) => personId),
        words.map(({ appointment }) => appointment),
        bornAtLatest(day, adultAgeYears),
        this.minorFrom(),
      ],
    );
    return new Set(rows.map(({ person_id }) => person_id));
  }

  /** Earliest birth month (YYYY-MM) of which nobody has come of age at the record date. */
  minorFrom(): string {
    return minorFrom(Date.parse(this.runtime.recordDate()), this.config.adultAgeYears);
  }

  /** Whether a person can be asked, with the reason if not: for that person's eyes only. */
  async eligibility(personId: PersonId): Promise<Eligibility> {
    const [row] = await this.database.query<{
      birth_month: string | null;
      deceased: boolean;
      discoverable: boolean;
      care: GuardianKind | null;
    }>(
      'api',
      `select p.birth_month, p.deceased, d.person_id is not null as discoverable, d.care
         from register.person_index i join facts.person p on p.index_no = i.index_no
         left join consent.discoverable d on d.person_id = i.person_id
        where i.person_id = $1`,
      [personId],
    );
    return judgeEligibility(row ? { birthMonth: row.birth_month, deceased: row.deceased } : null, {
      discoverable: row?.discoverable ?? false,
      care: row?.care ?? null,
      day: this.runtime.recordDate(),
      adultAgeYears: this.config.adultAgeYears,
    });
  }

  /**
   * Saves criteria: a new cohort, or the next version of one unless its newest version says the same. The
   * transaction acts as the owner. Role api.
   */
  async save(tx: Tx, input: { ownerId: PartyId; criteria: Criteria; cohortId?: CohortId }): Promise<CohortVersion> {
    const { ownerId, criteria } = input;
    const cohortId = input.cohortId ?? asId<'Cohort'>(this.runtime.uuid());
    const digest = hex.decode(criteriaHash(criteria, sha256));
    const [newest] = await tx.query<{ version: number; same: boolean }>(
      `select version, criteria_hash = $3 as same from cohort.cohort
        where id = $1 and owner_id = $2 order by version desc limit 1`,
      [cohortId, ownerId, digest],
    );
    if (newest?.same) return { cohortId, version: newest.version };
    const version = (newest?.version ?? 0) + 1;
    await tx.execute(
      'insert into cohort.cohort (id, version, owner_id, criteria, criteria_hash) values ($1, $2, $3, $4, $5)',
      [cohortId, version, ownerId, JSON.stringify(criteria), digest],
    );
    return { cohortId, version };
  }
}
