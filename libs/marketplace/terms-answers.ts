import { Injectable } from '@nestjs/common';
import { assert, canonicalJson, type PersonId } from '@aceso/kernel';
import { CohortService } from '@aceso/cohort';
import { StandingTermsService } from '@aceso/consent';
import { GRANT_RECORDS_MAX } from '@aceso/consent/domain';
import type { Tx } from '@aceso/platform';
import { databaseNow, type VersionRow } from './data/request-rows';
import { answerable, markAnsweredByTerms, type Answerable } from './data/terms-answer-rows';

/** Persons that are answered for at once. */
const PERSONS_AT_ONCE = 500;

/** Answers an approved request for everybody whose terms approve it, where and when they are asked. Role worker. */
@Injectable()
export class TermsAnswers {
  constructor(
    private readonly terms: StandingTermsService,
    private readonly cohorts: CohortService,
  ) {}

  /** In the transaction that asks: a person is asked and answered, or neither. Nobody is told how many. */
  async answer(tx: Tx, { requestId, version, content, contentHash }: VersionRow): Promise<void> {
    const at = await databaseNow(tx);
    const contentText = canonicalJson(content);
    const request = { requestId, version, contentHash, contentText, at };
    const approving = await this.terms.approvingSets(tx, request);
    if (approving.size === 0) return;
    const asked = { requestId, version, sets: [...approving.keys()], at: new Date(at) };
    for (let after: PersonId | null = null; ;) {
      const page: readonly Answerable[] = await answerable(tx, asked, { after, limit: PERSONS_AT_ONCE });
      // Who was asked by the word of a guardian may have terms of its own from before, and the other way round.
      const deciders = await this.cohorts.deciders(tx, page);
      const answering = page.flatMap(({ heads, termsEnd, setDigest, ...person }) => {
        if (!deciders.has(person.personId)) return [];
        // More records than an answer names: the patient is asked, as everybody else.
        if (heads.length > GRANT_RECORDS_MAX) return [];
        const until = approving.get(setDigest) ?? termsEnd;
        return [{ ...person, recordsUpTo: heads, expiresAt: Math.min(termsEnd, until) }];
      });
      const answered = await this.terms.answer(tx, request, answering);
      const marked = await markAnsweredByTerms(tx, request as VersionKey, [...answered]);
      assert(marked === answered.size, 'who is answered for was asked');
      if (page.length < PERSONS_AT_ONCE) return;
      after = page[page.length - 1].personId;
    }
  }
}

type VersionKey = Pick<VersionRow, 'requestId' | 'version'>;
