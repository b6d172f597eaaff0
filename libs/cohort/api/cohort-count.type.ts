import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { COUNT_ROUNDED_TO, COUNT_THRESHOLD, type AnsweredCount, type Suppression } from '../domain';

const REASONS: Record<Suppression, Suppression> = { TOO_SMALL: 'TOO_SMALL', TOO_CLOSE: 'TOO_CLOSE' };

registerEnumType(REASONS, {
  name: 'Suppression',
  description: 'Why a number is not shown. Neither says that it is zero, nor that it is not.',
  valuesMap: {
    TOO_SMALL: {
      description:
        'It is below the threshold, or would tell a number that is, together with others of the same answer or with what you or your ' +
        'affiliates were told before. Which of these is not said.',
    },
    TOO_CLOSE: {
      description:
        'Its persons differ by fewer than the threshold, perhaps by nobody, from those of an earlier answer to you or ' +
        'your affiliates, whose number is `closeTo`.',
    },
  },
});

@ObjectType('DisclosedCount', { description: 'A number of persons as far as it may be shown.' })
export class DisclosedCountType {
  @Field(() => Int, {
    nullable: true,
    description: 'The number, rounded; null when it is suppressed, which does not mean zero.',
  })
  approximate: number | null;

  @Field(() => Boolean, { description: 'True when the number is not shown: `reason` says why.' })
  suppressed: boolean;

  @Field(() => REASONS, { nullable: true, description: 'Why it is not shown; null when it is.' })
  reason: Suppression | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Where it is TOO_CLOSE: the earlier number. The persons differ by fewer than the threshold, perhaps by nobody.',
  })
  closeTo: number | null;

  @Field(() => Int, { description: 'Smallest true number that is shown.' })
  threshold: number;

  @Field(() => Int, { description: 'Shown numbers are multiples of this.' })
  roundedTo: number;
}

/** A disclosed count as clients see it. */
export function toDisclosedCountType({ approximate, suppressed, reason, closeTo }: AnsweredCount): DisclosedCountType {
  return {
    approximate,
    suppressed,
    reason: suppressed ? (reason ?? 'TOO_SMALL') : null,
    closeTo: closeTo ?? null,
    threshold: COUNT_THRESHOLD,
    roundedTo: COUNT_ROUNDED_TO,
  };
}
