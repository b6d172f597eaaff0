import type { PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { CohortError } from '../domain/cohort.errors';

/** What a question costs whom. */
export interface PrivacyCharge {
  readonly partyId: PartyId;
  readonly dataSet: string;
  /** SHA-256 of the canonical question, its epsilon and the state of the data that it is put to. */
  readonly questionHash: Uint8Array;
  /** Thousandths of epsilon. */
  readonly epsilonMilli: number;
}

/** Thousandths of epsilon. */
export interface PrivacyBudget {
  readonly budgetMilli: number;
  /** By the whole group of affiliates: it may be more than the budget, when a group has come together since. */
  readonly spentMilli: number;
}

const OVERSPENT = 'privacy_budget_kept';

/**
 * Takes a question's epsilon from the budget of the acting party, unless it or an affiliate has paid for this question before. Commit
 * it before the answer is computed. Throws PRIVACY_BUDGET_SPENT.
 */
export async function debit(tx: Tx, charge: PrivacyCharge): Promise<void> {
  try {
    await tx.execute(
      `insert into cohort.privacy_charge (party_id, data_set, question_hash, epsilon_milli) values ($1, $2, $3, $4)
       on conflict do nothing`,
      [charge.partyId, charge.dataSet, charge.questionHash, charge.epsilonMilli],
    );
  } catch (error) {
    if ((error as { readonly constraint?: string }).constraint !== OVERSPENT) throw error;
    throw new CohortError(
      'PRIVACY_BUDGET_SPENT',
      'the privacy budget for this data set does not cover the question: ask with a smaller epsilon, or an earlier question again',
    );
  }
}

/** The acting party's budget for a data set, and what it and its affiliates have spent of it; undefined before its first question. */
export async function readBudget(tx: Tx, partyId: PartyId, dataSet: string): Promise<PrivacyBudget | undefined> {
  const [row] = await tx.query<PrivacyBudget>(
    `select budget_milli as "budgetMilli", cohort.privacy_spent(data_set) as "spentMilli" from cohort.privacy_budget
      where party_id = $1 and data_set = $2`,
    [partyId, dataSet],
  );
  return row;
}

/** The answer that stands for a question: null where it was suppressed, undefined where nobody asked yet. */
export async function readNoisyAnswer(tx: Tx, questionHash: Uint8Array): Promise<number | null | undefined> {
  const [row] = await tx.query<{ noisy: number | null }>(
    'select noisy from cohort.noisy_answer where question_hash = $1',
    [questionHash],
  );
  return row?.noisy;
}

/** Keeps the first answer to a question and returns the one that stands. */
export async function keepNoisyAnswer(tx: Tx, questionHash: Uint8Array, noisy: number | null): Promise<number | null> {
  await tx.execute('insert into cohort.noisy_answer (question_hash, noisy) values ($1, $2) on conflict do nothing', [
    questionHash,
    noisy,
  ]);
  return (await readNoisyAnswer(tx, questionHash)) ?? null;
}
