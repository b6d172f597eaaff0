import { Inject, Injectable } from '@nestjs/common';
import { hex } from '@aceso/kernel';
import { CONFIG, Runtime, sha256, type Config } from '@aceso/platform';
import { CohortIndex } from './cohort-index';
import { DisclosureDesk, type Asker } from './disclosure-desk';
import type { Criteria } from './domain/criteria';
import { criteriaHash } from './domain/criteria-document';
import type { AnsweredCount } from './domain/disclosure';

/** Numbers of persons as a research center is shown them: each is logged and committed before anything is counted. */
@Injectable()
export class CohortCounts {
  constructor(
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'adultAgeYears'>,
    private readonly index: CohortIndex,
    private readonly desk: DisclosureDesk,
  ) {}

  /**
   * How many persons could be asked, without patients of the party's affiliates. Throws COUNT_LIMIT_REACHED, COUNT_LOCKED, COUNT_BUSY,
   * COUNT_TOO_LONG.
   */
  async count(asker: Asker, criteria: Criteria): Promise<AnsweredCount> {
    const [answer] = await this.#steps(asker, criteria, [criteria]);
    return answer!;
  }

  /**
   * How many are found and have an entry, then how many are left after each rule, in one evaluation. Each step is the count of the criteria up
   * to there, and as such logged, charged and judged. Throws as of `count`.
   */
  funnel(asker: Asker, criteria: Criteria): Promise<readonly AnsweredCount[]> {
    const { all } = criteria;
    const steps = Array.from({ length: all.length + 1 }, (_, rules) => ({ ...criteria, all: all.slice(0, rules) }));
    return this.#steps(asker, criteria, steps);
  }

  /** The last steps of criteria, each given as criteria of its own. */
  async #steps(asker: Asker, criteria: Criteria, steps: readonly Criteria[]): Promise<readonly AnsweredCount[]> {
    const day = this.runtime.recordDate();
    const hashes = steps.map(hashOf);
    const question = await this.desk.open(asker, { criteriaHash: hashOf(criteria), hashes, day });
    if (question.standing.every((each) => each !== undefined)) return question.standing as AnsweredCount[];
    const { adultAgeYears } = this.config;
    const asked = { criteria, day, adultAgeYears, shownTo: asker.partyId };
    const { everybody, steps: sets } = await this.index.sets('api', asked, steps.length);
    return this.desk.answer(asker, question, {
      counted: { everybody, sets },
      decide: (disclosing, stand) => stand.map((set, at) => disclosing.number(question.keys[at]!, set)),
    });
  }
}

const hashOf = (criteria: Criteria): Uint8Array => hex.decode(criteriaHash(criteria, sha256));
