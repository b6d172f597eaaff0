import { Field, GraphQLISODateTime, InputType, Int } from '@nestjs/graphql';
import { CohortVersionInput, fromCohortVersionInput } from '@aceso/cohort/api';
import { parseCriteria } from '@aceso/cohort/domain';
import { UNIT_MENU_MINOR } from '@aceso/consent/domain';
import { OWN_VIEWS_BYTES_MAX, OWN_VIEWS_MAX } from '@aceso/deidentification/domain';
import { K_MAX, K_MIN } from '../domain';
import type { RequestDraft } from '../request.service';
import { VISAS_A_REQUEST_MAX } from '../visa-evidence';
import { ResearchUseInput, toUse } from './research-use.input';

/** Day-level shifted dates: what most research needs. */
export const POLICY_DEFAULT = 'expert-1';

@InputType('SubmitRequestInput', { description: 'A request as a research center writes it.' })
export class SubmitRequestInput {
  @Field(() => String, {
    description: 'What the data is for, in words that patients understand: 10 to 2000 characters.',
  })
  purpose: string;

  @Field(() => ResearchUseInput, { description: 'The same in codes.' })
  use: ResearchUseInput;

  @Field(() => String, {
    nullable: true,
    description: 'JSON of the cohort criteria, as for `cohortCount`. Give either these or `cohort`.',
  })
  criteria?: string | null;

  @Field(() => CohortVersionInput, {
    nullable: true,
    description:
      'A version of a saved cohort that you may read: the request has its criteria as they are in that version.',
  })
  cohort?: CohortVersionInput | null;

  @Field(() => [String], { description: 'FHIR resource types wanted, of those that the policy lets out.' })
  fields: string[];

  @Field(() => [String], {
    nullable: true,
    description:
      `JSON of SQL-on-FHIR ViewDefinitions, up to ${OWN_VIEWS_MAX} of ${OWN_VIEWS_BYTES_MAX} bytes together: tables beside the ` +
      'shipped ones, of what leaves. Patients agree to them with the rest.',
  })
  views?: string[] | null;

  // Defaults stand here and not in the schema: the compiled execution of queries refuses inputs that rely on them.
  @Field(() => String, {
    nullable: true,
    description: `Name of a shipped de-identification policy; ${POLICY_DEFAULT} unless another is named.`,
  })
  policy?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `Smallest class of persons in the files, ${K_MIN} (as without it) to ${K_MAX}.`,
  })
  k?: number | null;

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

  @Field(() => [String], {
    nullable: true,
    description: `GA4GH visas of issuers that this instance trusts, up to ${VISAS_A_REQUEST_MAX}: for who decides on the request.`,
  })
  visas?: string[] | null;

  @Field(() => String, { description: 'Chosen by the caller; the same key and request answer the same.' })
  idempotencyKey: string;
}

/** What the caller wrote, criteria parsed. Throws CRITERIA_INVALID, NOT_FOUND. */
export function toDraft(input: SubmitRequestInput): RequestDraft {
  return {
    purpose: input.purpose,
    use: toUse(input.use),
    criteria: typeof input.criteria === 'string' ? parseCriteria(input.criteria) : undefined,
    cohort: input.cohort ? fromCohortVersionInput(input.cohort) : undefined,
    fields: input.fields,
    views: input.views ?? [],
    policy: input.policy ?? POLICY_DEFAULT,
    k: input.k ?? K_MIN,
    recipientAgeKey: input.recipientAgeKey,
    country: input.country,
    termMonths: input.termMonths,
    unitMinor: input.unitMinor,
    answerDeadline: input.answerDeadline.getTime(),
    visas: input.visas ?? [],
  };
}
