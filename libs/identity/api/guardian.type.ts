import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ConnectionOf, toGlobalId } from '@aceso/platform/graphql';
import type { Appointment } from '..';

/** Kinds of guardians as GraphQL shows them. */
export enum GuardianKindName {
  PARENT = 'parent',
  COURT = 'court',
  PROXY = 'proxy',
}

registerEnumType(GuardianKindName, {
  name: 'GuardianKind',
  description: 'Why somebody acts for another.',
  valuesMap: {
    PARENT: { description: 'A parent of a minor; it ends when the ward comes of age.' },
    COURT: { description: 'Appointed by a court.' },
    PROXY: { description: 'Appointed by the person itself.' },
  },
});

/** What a guardian may, as GraphQL shows it. */
export enum GuardianScopeName {
  READ = 'read',
  RESEARCH = 'research',
  BOTH = 'both',
}

registerEnumType(GuardianScopeName, {
  name: 'GuardianScope',
  description: 'What a guardian may.',
  valuesMap: {
    READ: { description: 'Read the records of the ward, and see who looked at them.' },
    RESEARCH: { description: 'Bind records and decide on research.' },
    BOTH: { description: 'Both, and say by rules who reads the records.' },
  },
});

@ObjectType('GuardianChange', { description: 'An appointment that was made, confirmed or ended.' })
export class GuardianChangeType {
  @Field(() => String, { description: 'Digest of the appointment.' })
  appointment: string;
}

@ObjectType('Guardianship', { description: 'Somebody acts for somebody else.' })
export class GuardianshipType {
  @Field(() => String, { description: 'Digest of the appointment: `authority` names it.' })
  appointment: string;

  @Field(() => ID, { description: 'For whom.' })
  ward: string;

  @Field(() => ID, { description: 'Who acts.' })
  guardian: string;

  @Field(() => ID, { description: 'Who appointed the guardian.' })
  appointedBy: string;

  @Field(() => GuardianKindName, { description: 'Why.' })
  kind: GuardianKindName;

  @Field(() => GuardianScopeName, { description: 'How far.' })
  scope: GuardianScopeName;

  @Field(() => GraphQLISODateTime, { description: 'When it ends at the latest.' })
  until: Date;

  @Field(() => Boolean, { description: "False while it waits for an officer's confirmation." })
  confirmed: boolean;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When somebody ended it; null while nobody did.' })
  endedAt: Date | null;
}

@ObjectType({ description: 'Guardianships, newest first.' })
export class GuardianshipConnection extends ConnectionOf(GuardianshipType, 'Guardianship') {}

/** An appointment as ward and guardian see it. */
export function toGuardianshipType(found: Appointment): GuardianshipType {
  const { appointment, kind, scope, until, confirmed, endedAt } = found;
  return {
    appointment,
    ward: toGlobalId('Party', found.wardId),
    guardian: toGlobalId('Party', found.guardianId),
    appointedBy: toGlobalId('Party', found.appointerId),
    kind: kind as GuardianKindName,
    scope: scope as GuardianScopeName,
    until,
    confirmed,
    endedAt,
  };
}
