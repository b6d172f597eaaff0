import { Field, GraphQLISODateTime, ID, Int, ObjectType } from '@nestjs/graphql';
import type { AccessEvent } from '@aceso/audit';
import { auditEventOf } from '@aceso/audit/domain';
import type { Role } from '../domain';
import { ConnectionOf, toGlobalId } from '@aceso/platform/graphql';

@ObjectType('AccessEvent', { description: "Something that somebody did with a patient's data, or tried to do." })
export class AccessEventType {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => GraphQLISODateTime, { description: 'When it happened.' })
  occurredAt: Date;

  @Field(() => String, { description: 'What was done, such as record.opened.' })
  act: string;

  @Field(() => ID, { nullable: true, description: 'The party that did it; null when the instance acted by itself.' })
  actor: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The role of that party; null when the instance acted by itself.',
  })
  actorRole: string | null;

  @Field(() => ID, { nullable: true, description: 'The provider that a physician acted for.' })
  actingFor: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What for: `treatment`, `emergency`, `research`, `own`, `export`, `index`, `review`, `disclosure`.',
  })
  purpose: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Under what: `rule` (see `rule`), `unruled` (no rule spoke), `grant`, `self`, `guardian`, `emergency` or `disclosure`. The receipt has the rest.',
  })
  basis: string | null;

  @Field(() => Int, { nullable: true, description: "Number of the patient's rule that decided." })
  rule: number | null;

  @Field(() => Boolean, { description: 'False when it was refused.' })
  permitted: boolean;

  @Field(() => String, { nullable: true, description: 'Code of the refusal.' })
  reason: string | null;

  @Field(() => ID, { nullable: true, description: 'The ledger entry: `receipt` proves it.' })
  entry: string | null;

  @Field(() => String, { description: 'The same as FHIR R4 AuditEvent, in one line of JSON.' })
  auditEvent: string;
}

@ObjectType({ description: 'Access events, newest first.' })
export class AccessEventConnection extends ConnectionOf(AccessEventType, 'AccessEvent') {}

/** An access event with the role of who acted. */
export interface SeenEvent extends AccessEvent {
  readonly actorRole: Role | null;
}

/** An access event as the patient concerned sees it, at the instance that `origin` names. */
export function toAccessEventType(event: SeenEvent, origin: string): AccessEventType {
  const { id, occurredAt, act, actorId, outcome, reason, ledgerEntryId, actorRole, providerId } = event;
  const { purpose, basis, rule } = event;
  return {
    id: toGlobalId('AccessEvent', id),
    occurredAt,
    act,
    actor: actorId && toGlobalId('Party', actorId),
    actorRole,
    actingFor: providerId && toGlobalId('Party', providerId),
    purpose,
    basis,
    rule,
    permitted: outcome === 'permitted',
    reason,
    entry: ledgerEntryId && toGlobalId('LedgerEntry', ledgerEntryId),
    auditEvent: JSON.stringify(auditEventOf(event, origin)),
  };
}
