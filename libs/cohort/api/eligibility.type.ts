import { Field, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { Eligibility, IneligibleReason } from '../domain';

const REASONS: Record<IneligibleReason, IneligibleReason> = {
  NOT_INDEXED: 'NOT_INDEXED',
  DECEASED: 'DECEASED',
  UNKNOWN_BIRTH: 'UNKNOWN_BIRTH',
  MINOR: 'MINOR',
  NOT_DISCOVERABLE: 'NOT_DISCOVERABLE',
};

registerEnumType(REASONS, {
  name: 'IneligibleReason',
  description: 'Why nobody asks you.',
  valuesMap: {
    NOT_INDEXED: { description: 'No record is bound to your key, or its index is still being built.' },
    DECEASED: { description: 'Your records say that you have died. Ask the provider to correct them.' },
    UNKNOWN_BIRTH: { description: 'Your records do not say when you were born.' },
    MINOR: { description: 'You are not of age, or may not be by what your records say.' },
    NOT_DISCOVERABLE: { description: 'You did not permit to be found, or the permission has ended.' },
  },
});

@ObjectType('Eligibility', { description: 'Whether research centers can find and ask you.' })
export class EligibilityType {
  @Field(() => Boolean, { description: 'True when you can be asked.' })
  eligible: boolean;

  @Field(() => REASONS, { nullable: true, description: 'The first reason why not; null when you can be asked.' })
  reason: IneligibleReason | null;
}

/** A person's own eligibility as the person sees it. */
export function toEligibilityType(eligibility: Eligibility): EligibilityType {
  return { eligible: eligibility.eligible, reason: eligibility.eligible ? null : eligibility.reason };
}
