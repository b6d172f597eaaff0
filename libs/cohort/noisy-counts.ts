import { epsilonOf, keyedBytes, noisyCount, RandomSource, type NoisyCount } from '@aceso/deidentification/domain';
import { canonicalJson, utf8, type PartyId } from '@aceso/kernel';
import { hmacSha256, sha256, type Database, type Runtime } from '@aceso/platform';
import type { CohortService } from './cohort.service';
import { debit, keepNoisyAnswer, readBudget, readNoisyAnswer, type PrivacyBudget } from './data/privacy-budget';
import { criteriaHash, type Criteria } from './domain/criteria';
import { COUNT_THRESHOLD } from './domain/disclosure';

/** What a count with noise asks. */
export interface NoisyQuestion {
  readonly criteria: Criteria;
  /** Thousandths of epsilon: the more, the less noise and the more of the budget it costs. */
  readonly epsilonMilli: number;
}

/** The one data set so far: everybody in the register who permits to be found. */
const REGISTER = 'register';

/**
 * Counts under differential privacy. The debit commits before the person data are looked at; the same question on the same
 * record date has one answer for all, paid once by each party.
 */
export class NoisyCounts {
  /** `noiseKey`: secret, at least 32 bytes; whoever has it can take the noise away. */
  constructor(
    private readonly database: Database,
    private readonly cohorts: CohortService,
    private readonly runtime: Runtime,
    private readonly noiseKey: Uint8Array,
  ) {}

  /** Throws EPSILON_INVALID, PRIVACY_BUDGET_SPENT. */
  async count(actor: { readonly partyId: PartyId }, question: NoisyQuestion): Promise<NoisyCount> {
    const epsilon = epsilonOf(question.epsilonMilli);
    const day = this.runtime.recordDate();
    const questionHash = hashOf(question, day);
    const known = await this.database.transaction('api', async (tx) => {
      await tx.actAs(actor.partyId);
      await debit(tx, { ...actor, dataSet: REGISTER, questionHash, epsilonMilli: question.epsilonMilli });
      return readNoisyAnswer(tx, questionHash);
    });
    if (known !== undefined) return shown(known);
    const { sql, params } = this.cohorts.selection(question.criteria, { day });
    const [row] = await this.database.query<{ persons: number }>(
      'api',
      `select count(*)::integer as persons from (${sql}) as cohort`,
      params,
    );
    // Keyed by the question: should two ask at once, or the answer be lost, the noise is drawn the same again.
    const random = new RandomSource(keyedBytes(this.noiseKey, questionHash, hmacSha256));
    const { noisy } = noisyCount(row!.persons, { epsilon, random, threshold: COUNT_THRESHOLD });
    return shown(await this.database.transaction('api', (tx) => keepNoisyAnswer(tx, questionHash, noisy)));
  }

  /** What is left of a party's budget; undefined before its first question. */
  budget(actor: { readonly partyId: PartyId }): Promise<PrivacyBudget | undefined> {
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(actor.partyId);
      return readBudget(tx, actor.partyId, REGISTER);
    });
  }
}

const shown = (noisy: number | null): NoisyCount => ({ noisy, suppressed: noisy === null });

/** Epsilon and day are part of the question: noise that is shared by two answers falls out of their difference. */
function hashOf({ criteria, epsilonMilli }: NoisyQuestion, day: string): Uint8Array {
  return sha256(
    utf8(canonicalJson({ dataSet: REGISTER, day, epsilonMilli, criteria: criteriaHash(criteria, sha256) })),
  );
}
