import { epsilonOf, keyedBytes, noisyCount, RandomSource, type NoisyCount } from '@aceso/deidentification/domain';
import { Injectable } from '@nestjs/common';
import { canonicalJson, utf8, type PartyId } from '@aceso/kernel';
import { Database, hmacSha256, KeyCustody, Runtime, sha256 } from '@aceso/platform';
import { CohortService } from './cohort.service';
import { debit, keepNoisyAnswer, readBudget, readNoisyAnswer, type PrivacyBudget } from './data/privacy-budget';
import { leftOutFor, requireUnlocked } from './data/questions';
import type { Criteria } from './domain/criteria';
import { criteriaHash } from './domain/criteria-document';
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
 * record date has one answer for all for whom the same patients are left out, paid once by each group of affiliates. The
 * noise is keyed by the custody seed `noise`: whoever has it can take the noise away.
 */
@Injectable()
export class NoisyCounts {
  constructor(
    private readonly database: Database,
    private readonly cohorts: CohortService,
    private readonly runtime: Runtime,
    private readonly custody: KeyCustody,
  ) {}

  /** Throws EPSILON_INVALID, PRIVACY_BUDGET_SPENT, COUNT_LOCKED. */
  async count(actor: { readonly partyId: PartyId }, question: NoisyQuestion): Promise<NoisyCount> {
    const epsilon = epsilonOf(question.epsilonMilli);
    const day = this.runtime.recordDate();
    const { known, questionHash } = await this.database.transaction('api', async (tx) => {
      await tx.actAs(actor.partyId);
      await requireUnlocked(tx, actor.partyId);
      const questionHash = hashOf(question, day, await leftOutFor(tx, actor.partyId));
      await debit(tx, { ...actor, dataSet: REGISTER, questionHash, epsilonMilli: question.epsilonMilli });
      return { known: await readNoisyAnswer(tx, questionHash), questionHash };
    });
    if (known !== undefined) return shown(known);
    const persons = await this.cohorts.persons(actor, question.criteria, day);
    // Keyed by the question: should two ask at once, or the answer be lost, the noise is drawn the same again.
    const random = new RandomSource(keyedBytes(this.custody.serviceSeed('noise'), questionHash, hmacSha256));
    const { noisy } = noisyCount(persons, { epsilon, random, threshold: COUNT_THRESHOLD });
    return shown(await this.database.transaction('api', (tx) => keepNoisyAnswer(tx, questionHash, noisy)));
  }

  /** The budget of a party and what its group has spent of it; undefined before its first question. */
  budget(actor: { readonly partyId: PartyId }): Promise<PrivacyBudget | undefined> {
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(actor.partyId);
      return readBudget(tx, actor.partyId, REGISTER);
    });
  }
}

const shown = (noisy: number | null): NoisyCount => ({ noisy, suppressed: noisy === null });

/** Epsilon and day are part of the question: noise that is shared by two answers falls out of their difference. */
function hashOf({ criteria, epsilonMilli }: NoisyQuestion, day: string, leftOut: string): Uint8Array {
  return sha256(
    utf8(canonicalJson({ dataSet: REGISTER, day, epsilonMilli, leftOut, criteria: criteriaHash(criteria, sha256) })),
  );
}
