import { Field, Int, ObjectType } from '@nestjs/graphql';
import type { NoisyCount } from '@aceso/deidentification/domain';
import type { PrivacyBudget } from '../data/privacy-budget';

@ObjectType('NoisyCount', { description: 'A number of persons with noise, and what is left of the privacy budget.' })
export class NoisyCountType {
  @Field(() => Int, { nullable: true, description: 'The number with noise; null when it is suppressed.' })
  noisy: number | null;

  @Field(() => Boolean, { description: 'True when the number with noise is below 11.' })
  suppressed: boolean;

  @Field(() => Int, { description: 'Privacy budget of the acting research center, in thousandths of epsilon.' })
  budgetMilli: number;

  @Field(() => Int, {
    description:
      'What is left of it after this answer, in thousandths of epsilon: questions of affiliates use it up, too.',
  })
  leftMilli: number;
}

/** A count with noise as the one who paid for it sees it. */
export function toNoisyCountType(
  { noisy, suppressed }: NoisyCount,
  { budgetMilli, spentMilli }: PrivacyBudget,
): NoisyCountType {
  return { noisy, suppressed, budgetMilli, leftMilli: Math.max(0, budgetMilli - spentMilli) };
}
