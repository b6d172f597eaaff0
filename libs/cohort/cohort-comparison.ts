import { Inject, Injectable } from '@nestjs/common';
import { canonicalJson, hex, utf8 } from '@aceso/kernel';
import { CONFIG, Database, Runtime, sha256, type Config } from '@aceso/platform';
import { CohortIndex, type Question } from './cohort-index';
import type { CohortVersion } from './cohort.service';
import type { SavedCohort } from './data/saved-cohort-rows';
import { DisclosureDesk, type Asker } from './disclosure-desk';
import { CohortError } from './domain/cohort.errors';
import {
  comparedNumbers,
  comparedSets,
  comparedWords,
  fromList,
  toList,
  turned,
  type Compared,
  type ComparedWords,
} from './domain/comparing';
import type { AnsweredCount } from './domain/disclosure';
import { union } from './domain/person-set';
import { SavedCohorts } from './saved-cohorts';

/** Two versions of saved cohorts. */
export type ComparedPair = readonly [a: CohortVersion, b: CohortVersion];

/** Saved cohorts side by side. */
@Injectable()
export class CohortComparison {
  constructor(
    private readonly database: Database,
    private readonly saved: SavedCohorts,
    private readonly index: CohortIndex,
    private readonly desk: DisclosureDesk,
    private readonly runtime: Runtime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'adultAgeYears'>,
  ) {}

  /**
   * How many persons two cohorts have in common and apart. The totals are the counts of the two criteria; the parts are shown where both totals
   * are, all three or none. Each of the five is logged, charged and judged like a count; (b, a) is the same question as (a, b). Throws
   * NOT_FOUND, COHORTS_SAY_THE_SAME, and as `CohortCounts.count`.
   */
  async numbers(asker: Asker, pair: ComparedPair): Promise<Compared<AnsweredCount>> {
    const read = await this.#read(asker, pair);
    if (read[0].criteriaHash === read[1].criteriaHash) {
      throw new CohortError('COHORTS_SAY_THE_SAME', 'the two versions have the same criteria: ask for one count');
    }
    const inOrder = read[0].criteriaHash < read[1].criteriaHash;
    const [a, b] = inOrder ? read : ([read[1], read[0]] as const);
    const compared = await this.#inOrder(asker, a, b);
    return inOrder ? compared : turned(compared);
  }

  /** Which sentences of their criteria two cohorts have in common and apart: of words only, not of persons. Throws NOT_FOUND. */
  async words(asker: Asker, pair: ComparedPair): Promise<ComparedWords> {
    const [a, b] = await this.#read(asker, pair);
    return comparedWords(a.criteria, b.criteria);
  }

  async #inOrder(asker: Asker, a: SavedCohort, b: SavedCohort): Promise<Compared<AnsweredCount>> {
    const day = this.runtime.recordDate();
    const { log, hashes } = hashesOf(a.criteriaHash, b.criteriaHash);
    const question = await this.desk.open(asker, { criteriaHash: log, hashes: toList(hashes), day });
    const { adultAgeYears } = this.config;
    const ask = ({ criteria }: SavedCohort): Question => ({ criteria, day, adultAgeYears, shownTo: asker.partyId });
    // Two snapshots: what came or went between them is judged like everything else, by the sets that are shown.
    const ofA = await this.index.sets('api', ask(a), 1);
    const ofB = await this.index.sets('api', ask(b), 1);
    const answers = await this.desk.answer(asker, question, {
      counted: {
        everybody: union([ofA.everybody, ofB.everybody]),
        sets: toList(comparedSets(ofA.steps[0]!, ofB.steps[0]!)),
      },
      decide: (disclosing, sets) => comparedNumbers(disclosing, question.keys, sets),
    });
    return fromList(answers);
  }

  #read(asker: Asker, [a, b]: ComparedPair): Promise<readonly [SavedCohort, SavedCohort]> {
    return this.database.transaction('api', async (tx) => [
      await this.saved.read(tx, asker, a).catch(namedBy('a')),
      await this.saved.read(tx, asker, b).catch(namedBy('b')),
    ]);
  }
}

/** Says which of the two is not there. */
const namedBy =
  (which: string) =>
  (error: unknown): never => {
    if (!(error instanceof CohortError) || error.code !== 'NOT_FOUND') throw error;
    throw new CohortError(error.code, `${which}: ${error.message}`, { cause: error });
  };

/** The hash of the comparison for the log, and those of its numbers: the totals have the hashes of the criteria, as counts have. */
function hashesOf(a: string, b: string): { readonly log: Uint8Array; readonly hashes: Compared<Uint8Array> } {
  const hashOf = (part: string) => sha256(utf8(canonicalJson({ compared: [a, b], part })));
  return {
    log: hashOf('all'),
    hashes: { a: hex.decode(a), b: hex.decode(b), both: hashOf('both'), onlyA: hashOf(a), onlyB: hashOf(b) },
  };
}
