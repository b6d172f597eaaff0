import { canonicalJson } from '@aceso/kernel';
import { Field, GraphQLISODateTime, Int, ObjectType } from '@nestjs/graphql';
import { ConnectionOf, MoneyType, toMoneyType } from '@aceso/platform/graphql';
import type { OpenRequest } from '../answer.service';
import { tablesInWords, type AskState } from '../domain';
import { Answers } from './states';

@ObjectType('Notice', { description: 'The text to read before answering; a grant names its hash and language.' })
export class NoticeType {
  @Field(() => String, { description: 'The text, in plain words.' })
  text: string;

  @Field(() => String, { description: 'SHA-256 of its UTF-8 bytes, lower-case hexadecimal.' })
  hash: string;

  @Field(() => String, { description: 'Language tag (RFC 5646).' })
  language: string;
}

@ObjectType('PatientRequest', { description: 'A request that the acting patient was asked about.' })
export class PatientRequestType {
  @Field(() => String, { description: 'The request, as statements name it.' })
  request: string;

  @Field(() => Int, { description: 'Its version, as statements name it.' })
  version: number;

  @Field(() => String, { description: 'SHA-256 of `content`, lower-case hexadecimal, as statements name it.' })
  contentHash: string;

  @Field(() => String, { description: 'Canonical JSON (RFC 8785) of everything that a grant agrees to.' })
  content: string;

  @Field(() => [String], {
    description:
      "Tables of the research center's own that are made of what leaves, a sentence each; most requests have none.",
  })
  tablesInWords: string[];

  @Field(() => NoticeType, { description: 'To be read before answering.' })
  notice: NoticeType;

  @Field(() => MoneyType, { description: 'Compensation if the data is part of the release, after all shares.' })
  amount: MoneyType;

  @Field(() => String, { description: 'Hash of the rule by which the payment is shared.' })
  splitRule: string;

  @Field(() => GraphQLISODateTime, { description: 'Silence until then is a no.' })
  answerDeadline: Date;

  @Field(() => Answers, { description: 'The answer so far. Nobody else sees it.' })
  answer: AskState;

  @Field(() => Boolean, { description: 'True while an answer counts.' })
  open: boolean;
}

@ObjectType('RecordedGrant', { description: 'A grant that now stands.' })
export class RecordedGrantType {
  @Field(() => String, { description: 'Digest of the statement: a revocation names it.' })
  grant: string;
}

@ObjectType('RecordedRefusal', { description: 'A no that was recorded.' })
export class RecordedRefusalType {
  @Field(() => String, { description: 'The request that was declined.' })
  request: string;
}

@ObjectType({ description: 'Requests that the acting patient was asked about, newest first.' })
export class PatientRequestConnection extends ConnectionOf(PatientRequestType, 'PatientRequest') {}

/** A request as the patient who was asked sees it. */
export function toPatientRequestType({ request, noticeText, amount, answer, open }: OpenRequest): PatientRequestType {
  const { requestId, version, contentHash, content, answerDeadline } = request;
  return {
    request: requestId,
    version,
    contentHash,
    content: canonicalJson(content),
    tablesInWords: tablesInWords(content),
    notice: { text: noticeText, ...content.notice },
    amount: toMoneyType(amount),
    splitRule: content.price.splitRule,
    answerDeadline,
    answer,
    open,
  };
}
