import { Field, GraphQLISODateTime, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ConnectionOf } from '@aceso/platform/graphql';
import type { Notice, Recovery } from '..';

/** How a recovery stands, as GraphQL shows it. */
export enum RecoveryStateName {
  WAITING = 'waiting',
  FINISHED = 'finished',
  VETOED = 'vetoed',
  LAPSED = 'lapsed',
}

registerEnumType(RecoveryStateName, {
  name: 'RecoveryState',
  description: 'How the recovery of a key stands.',
  valuesMap: {
    WAITING: { description: 'It can be vetoed, and be finished after its waiting period.' },
    FINISHED: { description: 'The new key is a key of the person.' },
    VETOED: { description: 'An older key of the person ended it for good.' },
    LAPSED: { description: 'Nobody finished it in time.' },
  },
});

@ObjectType('Recovery', { description: 'The way from a lost key to a new one.' })
export class RecoveryType {
  @Field(() => String, { description: 'Digest of its statement.' })
  recovery: string;

  @Field(() => RecoveryStateName, { description: 'How it stands.' })
  state: RecoveryStateName;

  @Field(() => GraphQLISODateTime, { description: 'Before this moment nobody finishes it.' })
  waitsUntil: Date;
}

@ObjectType('RecoveryAttestation', { description: 'The word of a provider or an officer for a new key.' })
export class RecoveryAttestationType {
  @Field(() => String, { description: 'Digest of the statement: the recovery names it.' })
  attestation: string;
}

@ObjectType('RecoveryVeto', { description: 'A recovery that was ended for good.' })
export class RecoveryVetoType {
  @Field(() => String, { description: 'Digest of the recovery.' })
  recovery: string;
}

/** What a notice is about, as GraphQL shows it. */
export enum NoticeKindName {
  RECOVERY_REQUESTED = 'recovery-requested',
  RECOVERY_VETOED = 'recovery-vetoed',
  RECOVERY_FINISHED = 'recovery-finished',
}

registerEnumType(NoticeKindName, {
  name: 'KeyNoticeKind',
  description: 'What a notice is about.',
  valuesMap: {
    RECOVERY_REQUESTED: { description: 'Somebody who was attested to be this person asks for a key.' },
    RECOVERY_VETOED: { description: 'A key of the person ended that.' },
    RECOVERY_FINISHED: { description: 'The new key is a key of the person.' },
  },
});

@ObjectType('KeyNotice', { description: 'Something that every device of a person has to show.' })
export class NoticeType {
  @Field(() => NoticeKindName, { description: 'What it is about.' })
  kind: NoticeKindName;

  @Field(() => GraphQLISODateTime, { description: 'When it happened.' })
  noticedAt: Date;

  @Field(() => String, { description: 'Digest of the recovery, which a veto names.' })
  recovery: string;

  @Field(() => String, { description: 'did:key of the key that was asked for.' })
  did: string;

  @Field(() => GraphQLISODateTime, { description: 'Until when the recovery waits.' })
  waitsUntil: Date;
}

@ObjectType({ description: 'Notices, newest first.' })
export class KeyNoticeConnection extends ConnectionOf(NoticeType, 'KeyNotice') {}

/** A recovery as whoever asked for it sees it. */
export function toRecoveryType({ recovery, state, waitsUntil }: Recovery): RecoveryType {
  return { recovery, state: state as RecoveryStateName, waitsUntil };
}

/** A notice as its person sees it. */
export function toNoticeType({ kind, noticedAt, recovery, did, waitsUntil }: Notice): NoticeType {
  return { kind: kind as NoticeKindName, noticedAt, recovery, did, waitsUntil };
}
