import { Field, GraphQLISODateTime, InputType, Int } from '@nestjs/graphql';
import { parseCriteria } from '@aceso/cohort/domain';
import { UNIT_MENU_MINOR } from '../domain';
import type { RequestDraft } from '../request.service';

@InputType('SubmitRequestInput', { description: 'A request as a research center writes it.' })
export class SubmitRequestInput {
  @Field(() => String, {
    description: 'What the data is for, in words that patients understand: 10 to 2000 characters.',
  })
  purpose: string;

  @Field(() => String, { description: 'JSON of the cohort criteria, as for `cohortCount`.' })
  criteria: string;

  @Field(() => [String], { description: 'FHIR resource types wanted, of those that the policy lets out.' })
  fields: string[];

  @Field(() => String, { defaultValue: 'expert-1', description: 'Name of a shipped de-identification policy.' })
  policy: string;

  @Field(() => Int, { defaultValue: 5, description: 'Smallest class of persons in the files, 5 to 50.' })
  k: number;

  @Field(() => String, { description: 'age recipient (age1…) to which the package is encrypted.' })
  recipientAgeKey: string;

  @Field(() => String, { description: 'ISO 3166-1 alpha-2 code of where the data will be.' })
  country: string;

  @Field(() => Int, { description: 'Months for which the data may be used, 1 to 60.' })
  termMonths: number;

  @Field(() => Int, { description: `Price of one included person in minor units: ${UNIT_MENU_MINOR.join(', ')}.` })
  unitMinor: number;

  @Field(() => GraphQLISODateTime, { description: 'Until when patients may answer; silence is a no.' })
  answerDeadline: Date;

  @Field(() => String, { description: 'Chosen by the caller; the same key and request answer the same.' })
  idempotencyKey: string;
}

/** What the caller wrote, criteria parsed. Throws CRITERIA_INVALID. */
export function toDraft({ idempotencyKey: _, criteria, answerDeadline, ...input }: SubmitRequestInput): RequestDraft {
  return { ...input, criteria: parseCriteria(criteria), answerDeadline: answerDeadline.getTime() };
}
