import { Field, Float, GraphQLISODateTime, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { PartyKey } from '..';

/** Kinds of keys as GraphQL shows them. */
export enum KeyKindName {
  ED25519 = 'Ed25519',
  PASSKEY_ES256 = 'WebAuthn-ES256',
  PASSKEY_EDDSA = 'WebAuthn-EdDSA',
}

registerEnumType(KeyKindName, {
  name: 'KeyKind',
  description: 'How a key signs.',
  valuesMap: {
    ED25519: { description: 'An Ed25519 key signs the bytes of a statement.' },
    PASSKEY_ES256: { description: 'A passkey with a P-256 key signs an assertion over their hash.' },
    PASSKEY_EDDSA: { description: 'A passkey with an Ed25519 key does.' },
  },
});

@ObjectType('PartyKey', { description: 'A key of a party, mostly one a device.' })
export class PartyKeyType {
  @Field(() => String, { description: 'did:key of its public key.' })
  did: string;

  @Field(() => KeyKindName, { description: 'How it signs.' })
  kind: KeyKindName;

  @Field(() => GraphQLISODateTime, { description: 'Since when what it signs counts.' })
  addedAt: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was revoked; null while it lives.' })
  revokedAt: Date | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'From when on it may have been in other hands: nothing that it signed later permits anything.',
  })
  compromisedSince: Date | null;

  @Field(() => Float, {
    description: 'Highest number of signatures that a passkey showed; 0 for keys that do not count.',
  })
  signatureCounter: number;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Until when a recovered key agrees to nothing and pays nothing out; null for every other key.',
  })
  restrictedUntil: Date | null;
}

@ObjectType('KeyChange', { description: 'A key that was added or revoked.' })
export class KeyChangeType {
  @Field(() => String, { description: 'did:key of the key.' })
  did: string;
}

/** A key as its party sees it. */
export function toPartyKeyType(key: PartyKey): PartyKeyType {
  const { did, kind, addedAt, revokedAt, compromisedSince, signatureCounter, restrictedUntil } = key;
  return { did, kind: kind as KeyKindName, addedAt, revokedAt, compromisedSince, signatureCounter, restrictedUntil };
}
