import { Field, Int, ObjectType } from '@nestjs/graphql';
import { COUNT_ROUNDED_TO, COUNT_THRESHOLD, type DisclosedCount } from '../domain';

@ObjectType('DisclosedCount', { description: 'A number of persons as far as it may be shown.' })
export class DisclosedCountType {
  @Field(() => Int, {
    nullable: true,
    description: 'The number, rounded; null when it is suppressed, which does not mean zero.',
  })
  approximate: number | null;

  @Field(() => Boolean, { description: 'True when the true number is below the threshold.' })
  suppressed: boolean;

  @Field(() => Int, { description: 'Smallest true number that is shown.' })
  threshold: number;

  @Field(() => Int, { description: 'Shown numbers are multiples of this.' })
  roundedTo: number;
}

/** A disclosed count as clients see it. */
export function toDisclosedCountType({ approximate, suppressed }: DisclosedCount): DisclosedCountType {
  return { approximate, suppressed, threshold: COUNT_THRESHOLD, roundedTo: COUNT_ROUNDED_TO };
}
