import { Field, InputType, Int } from '@nestjs/graphql';
import { parseCriteria } from '@aceso/cohort/domain';
import { UNIT_MENU_MINOR } from '@aceso/consent/domain';
import { AGE_BANDS, K_MAX, K_MIN, type FeasibilityInput as Draft } from '../domain';
import { POLICY_DEFAULT } from './request.input';
import { ResearchUseInput, toUse } from './research-use.input';

@InputType('FeasibilityInput', {
  description: 'What of a request decides who may say yes: members as of `SubmitRequestInput`.',
})
export class FeasibilityInput {
  @Field(() => ResearchUseInput, { description: 'What the data is for, in codes.' })
  use: ResearchUseInput;

  @Field(() => String, { description: 'JSON of the cohort criteria, as for `cohortCount`.' })
  criteria: string;

  @Field(() => [String], { description: 'FHIR resource types wanted, of those that the policy lets out.' })
  fields: string[];

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

  @Field(() => Int, {
    nullable: true,
    description: `Also by classes of age and sex, with bands of ${AGE_BANDS.join(', ')} years: each class is a number of the daily limit.`,
  })
  ageBandYears?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Also by who has anything of the fields: two numbers of the daily limit for each kind of them.',
  })
  completeness?: boolean | null;

  @Field(() => String, { description: 'ISO 3166-1 alpha-2 code of where the data will be.' })
  country: string;

  @Field(() => Int, { description: 'Months for which the data may be used, 1 to 60.' })
  termMonths: number;

  @Field(() => Int, { description: `Price of one included person in minor units: ${UNIT_MENU_MINOR.join(', ')}.` })
  unitMinor: number;
}

/** What the caller wrote, criteria parsed. Throws CRITERIA_INVALID. */
export function toFeasibilityDraft(input: FeasibilityInput): Draft {
  const { use, criteria, policy, k, ageBandYears, completeness, fields, country, termMonths, unitMinor } = input;
  return {
    use: toUse(use),
    criteria: parseCriteria(criteria),
    policy: policy ?? POLICY_DEFAULT,
    k: k ?? K_MIN,
    ageBandYears: ageBandYears ?? undefined,
    completeness: completeness ?? false,
    fields,
    country,
    termMonths,
    unitMinor,
  };
}
