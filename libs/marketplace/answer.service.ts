import { Injectable } from '@nestjs/common';
import { WardAccess, type Acting } from '@aceso/identity';
import { asId, assert, isUuid, type Money, type PartyId, type PersonId, type RequestId } from '@aceso/kernel';
import { ConsentService } from '@aceso/consent';
import type { GrantTarget } from '@aceso/consent/domain';
import { sha256, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { SourceRecordService } from '@aceso/register';
import { patientShare } from '@aceso/settlement/domain';
import { z } from 'zod';
import { listAsks, type AskRow } from './data/ask-rows';
import { databaseNow, lockRequest, readVersion, type VersionRow } from './data/request-rows';
import { checkAnswering, noticeOf, takesAnswers, type AskedVersion, type AskState } from './domain';
import { notFound } from './domain/marketplace.errors';

/** A request as the patient who was asked sees it. */
export interface OpenRequest {
  readonly requestId: RequestId;
  readonly request: VersionRow;
  readonly noticeText: string;
  /** What this patient would receive. */
  readonly amount: Money;
  readonly answer: AskState;
  /** True while an answer counts. */
  readonly open: boolean;
}

/** Just enough of a grant to find what it answers and for whom; the consent context checks the whole of it. */
const uuid = z.string().refine(isUuid);
const ADDRESS = z.object({
  payload: z.object({
    request: uuid,
    version: z.int().min(1).max(1_000_000),
    authority: z.union([z.object({ guardianFor: uuid }), z.unknown().transform(() => null)]),
  }),
});

interface AskKey {
  readonly requestId: RequestId;
  readonly version: number;
}

/** Patients answer requests, and guardians for their wards. Nobody but the patient learns an answer; buyers see rounded sums. Role api. */
@Injectable()
export class AnswerService {
  constructor(
    private readonly consent: ConsentService,
    private readonly wards: WardAccess,
    private readonly sourceRecords: SourceRecordService,
  ) {}

  /** What the patient was asked and may answer, and what was answered before; newest first. */
  async list(
    tx: Tx,
    { partyId, personId }: Pick<Acting, 'partyId' | 'personId'>,
    page: { after: string | null; limit: number },
  ): Promise<OpenRequest[]> {
    await tx.actAs(partyId);
    const now = await databaseNow(tx);
    const rows = await listAsks(tx, { personId, ...page });
    return rows.map((row) => toOpenRequest(row, now));
  }

  /**
   * Takes a signed grant, of the patient or of its guardian. The same grant again answers the same. Throws NOT_FOUND for what the patient
   * was not asked, ANSWER_DEADLINE_PASSED after the deadline, a newer version or funding, an AuthorityFault, and what the consent context
   * throws.
   */
  async grant(tx: Tx, actor: Actor, text: string): Promise<{ grant: string }> {
    const { ward, ...key } = addressOf(text);
    const acting = await this.wards.enter(tx, actor, { ward, scope: 'research', looksAt: null });
    const { asked, stored, open } = await this.lockAsked(tx, acting, key);
    // A request that takes no more answers has a deadline in the past, whatever its date says; what was granted before
    // it closed is still answered the same.
    const answerDeadline = open ? asked.answerDeadline : 0;
    const target = await this.targetOf(tx, acting.personId, { ...stored, answerDeadline });
    const { grant, repeated } = await this.consent.recordGrant(tx, actor, { text, target });
    if (!repeated) await markAnswered(tx, acting, { ...key, state: 'granted' });
    return { grant };
  }

  /** Records that the patient declines. Again, it changes nothing. Throws NOT_FOUND, ANSWERING_CLOSED, GRANT_STANDS. */
  async decline(tx: Tx, acting: Acting, key: AskKey): Promise<void> {
    const { asked, stored, now } = await this.lockAsked(tx, acting, key);
    checkAnswering(asked, now);
    const { requestId, version } = stored;
    const answerDeadline = asked.answerDeadline;
    await this.consent.recordRefusal(tx, acting, { requestId, version, answerDeadline });
    await markAnswered(tx, acting, { ...key, state: 'declined' });
  }

  /** The version that this patient was asked about; locked, so that funding waits for the answer. */
  private async lockAsked(
    tx: Tx,
    { partyId, personId }: Acting,
    { requestId, version }: AskKey,
  ): Promise<{ asked: AskedVersion; stored: VersionRow; now: number; open: boolean }> {
    await tx.actAs(partyId);
    const [ask] = await tx.query<object>(
      'select from marketplace.ask where request_id = $1 and version = $2 and person_id = $3',
      [requestId, version, personId],
    );
    const request = ask && (await lockRequest(tx, { requestId }, 'share'));
    const stored = request && (await readVersion(tx, requestId, version));
    if (!stored) throw notFound('request');
    const now = await databaseNow(tx);
    const { state, currentVersion } = request;
    const asked = { state, version, currentVersion, answerDeadline: stored.answerDeadline.getTime() };
    return { asked, stored, now, open: takesAnswers(asked, now) };
  }

  private async targetOf(
    tx: Tx,
    personId: PersonId,
    {
      requestId,
      version,
      content,
      contentHash,
      answerDeadline,
    }: Omit<VersionRow, 'answerDeadline'> & { answerDeadline: number },
  ): Promise<GrantTarget> {
    const heads = await this.sourceRecords.heads(tx, personId);
    return {
      requestId,
      version,
      contentHash,
      notice: content.notice,
      amount: amountOf(content.price),
      splitRule: content.price.splitRule,
      // A record without a segment has nothing to agree to.
      heads: heads.flatMap(({ sourceRecordId, sequence, digest }) =>
        digest === null ? [] : [{ sourceRecordId, sequence, digest }],
      ),
      answerDeadline,
    };
  }
}

function addressOf(text: string): AskKey & { readonly ward: PartyId | null } {
  try {
    const { request, version, authority } = ADDRESS.parse(JSON.parse(text)).payload;
    const ward = authority && asId<'Party'>(authority.guardianFor);
    return { requestId: asId<'Request'>(request), version, ward };
  } catch {
    throw notFound('request'); // nothing that anybody was asked
  }
}

async function markAnswered(tx: Tx, { personId }: Acting, answer: AskKey & { state: AskState }): Promise<void> {
  const answered = await tx.execute(
    `update marketplace.ask set state = $4, answered_at = clock_timestamp()
      where request_id = $1 and version = $2 and person_id = $3`,
    [answer.requestId, answer.version, personId, answer.state],
  );
  assert(answered === 1, 'an answer belongs to what was asked');
}

function amountOf({ unitMinor, currency }: VersionRow['content']['price']): Money {
  return { amountMinor: patientShare(BigInt(unitMinor)), currency };
}

function toOpenRequest({ state, currentVersion, answer, ...request }: AskRow, now: number): OpenRequest {
  const { requestId, version, content } = request;
  const notice = noticeOf(content.notice.hash, sha256);
  assert(notice, 'every notice that was ever shown ships with the program');
  const asked = { state, version, currentVersion, answerDeadline: request.answerDeadline.getTime() };
  const open = takesAnswers(asked, now);
  return { requestId, request, noticeText: notice.text, amount: amountOf(content.price), answer, open };
}
