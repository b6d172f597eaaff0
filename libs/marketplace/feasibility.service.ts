import { Inject, Injectable } from '@nestjs/common';
import { CohortError, CohortPartitions, type CellOf } from '@aceso/cohort';
import type { AgeBandYears, AnsweredCount } from '@aceso/cohort/domain';
import { StandingTermsService } from '@aceso/consent';
import { policyNamed } from '@aceso/deidentification/domain';
import { CONFIG, Database, Runtime, sha256, type Config } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { splitRuleHash } from '@aceso/settlement/domain';
import { earlierRequests } from './data/earlier-requests';
import { buyerKindOf, databaseNow } from './data/request-rows';
import { readTermsCells } from './data/terms-cells';
import {
  ASK_CELL,
  composeFeasibility,
  expectationOf,
  keptInClasses,
  offersOf,
  TERMS_CELLS,
  termsCell,
  typesOf,
  type Expectation,
  type FeasibilityDraft,
  type FeasibilityInput,
  type Offer,
  type ShownClass,
} from './domain';

/** Terms of all persons are judged for one question no longer than this, milliseconds. */
export const TERMS_MS_MAX = 30_000;
/** SQLSTATE query_canceled: the statement took longer than it may. */
const CANCELED = '57014';

/** How many persons of a cohort have anything of some of the fields. */
export interface Completeness {
  /** FHIR resource types, of the draft. */
  readonly types: readonly string[];
  readonly having: AnsweredCount;
  /** They have nothing of it, or keep something back from research. */
  readonly lacking: AnsweredCount;
}

/** The classes of a cohort by age and sex, and how many persons are in those that are large enough. */
export interface Classes {
  readonly ageBandYears: AgeBandYears;
  readonly cells: readonly ShownClass[];
  /** If all of the cohort agree; null where the total is not shown. */
  readonly kept: number | null;
  /** If the least agree, of each class the same share; null where the least is not known. */
  readonly keptOfLeast: number | null;
}

/** How many would say yes to a draft, at which price, and what it would cost. */
export interface Feasibility {
  readonly total: AnsweredCount;
  /** By TERMS_CELLS. */
  readonly cells: readonly AnsweredCount[];
  readonly offers: readonly Offer[];
  readonly expectation: Expectation;
  /** By age and sex, where that was asked for. */
  readonly classes: Classes | null;
  /** By kind of the fields that the index holds, where that was asked for. */
  readonly completeness: readonly Completeness[] | null;
  readonly unitMinor: number;
  readonly currency: string;
}

/** Looks ahead: what standing terms would say to a request that nobody has sent yet (ADR 41). Role api. */
@Injectable()
export class FeasibilityService {
  constructor(
    private readonly database: Database,
    private readonly runtime: Runtime,
    private readonly partitions: CohortPartitions,
    private readonly terms: StandingTermsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'currency' | 'adultAgeYears'>,
  ) {}

  /**
   * The cohort of a draft by what terms say to it. The total and each cell are numbers of the daily limit; where the total is not shown,
   * nothing is. Throws REQUEST_INVALID, CRITERIA_INVALID, POLICY_UNKNOWN, COUNT_LIMIT_REACHED, COUNT_LOCKED, COUNT_BUSY, COUNT_TOO_LONG.
   */
  async preview(actor: Actor, input: FeasibilityInput): Promise<Feasibility> {
    const draft = await this.#compose(actor, input);
    const partitions = [{ name: `terms/${draft.termsHash}`, cells: TERMS_CELLS }];
    const { criteria, ageBandYears, kinds, unitMinor } = draft;
    const asked = { criteria, partitions, ageBandYears, kinds };
    const {
      total,
      tables,
      classes,
      kinds: held,
    } = await this.partitions.count(actor, asked, async () => [await this.cellOf(draft)]);
    const [cells = []] = tables;
    const offers = offersOf(cells);
    const earlier = await this.database.transaction('api', async (tx) => {
      await tx.actAs(actor.partyId);
      return earlierRequests(tx, actor.partyId);
    });
    const expectation = expectationOf({ total, offers, unitMinor }, earlier);
    return {
      ...{ total, cells, offers, expectation, unitMinor, currency: this.config.currency },
      completeness: input.completeness
        ? held.map(({ kind, ...counts }) => ({ types: typesOf(kind, draft.request.fields), ...counts }))
        : null,
      classes: ageBandYears ? { ageBandYears, cells: classes, ...keptOf(classes, expectation, draft.k) } : null,
    };
  }

  /** The place of each person's cell in TERMS_CELLS, of all persons in one snapshot. Never to be shown but through the desk. */
  async cellOf({ request }: Pick<FeasibilityDraft, 'request'>): Promise<CellOf> {
    const day = this.runtime.recordDate();
    const { adultAgeYears } = this.config;
    const places = await this.database
      .transaction(
        'api',
        async (tx) => {
          await tx.query(`select set_config('statement_timeout', $1, true)`, [String(TERMS_MS_MAX)]);
          const verdicts = await this.terms.priceVerdicts(tx, request, await databaseNow(tx));
          const cells = new Map([...verdicts].map(([digest, verdict]) => [digest, termsCell(verdict)]));
          return readTermsCells(tx, cells, { day, adultAgeYears });
        },
        { isolation: 'REPEATABLE READ', readOnly: true },
      )
      .catch((error: unknown) => {
        if ((error as { code?: unknown }).code !== CANCELED) throw error;
        throw new CohortError('COUNT_TOO_LONG', 'the terms take too long to judge: ask again later', { cause: error });
      });
    return (person) => places.get(person) ?? ASK_CELL;
  }

  async #compose(actor: Actor, input: FeasibilityInput): Promise<FeasibilityDraft> {
    const policy = policyNamed(input.policy);
    const buyerKind = await this.database.transaction('api', async (tx) => {
      await tx.actAs(actor.partyId);
      return buyerKindOf(tx, actor.partyId);
    });
    return composeFeasibility(input, {
      buyerKind,
      policy: { resourceTypes: ['Patient', ...Object.keys(policy.resources)] },
      currency: this.config.currency,
      splitRule: splitRuleHash(sha256),
      sha256,
    });
  }
}

function keptOf(classes: readonly ShownClass[], { least, most }: Expectation, k: number) {
  return {
    kept: most === null ? null : keptInClasses(classes, { k, share: 1 }),
    keptOfLeast: most === null || least === null ? null : keptInClasses(classes, { k, share: least / most }),
  };
}
