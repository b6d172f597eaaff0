import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { toGlobalId } from '@aceso/platform/graphql';
import type { Login, Party } from '..';
import { NoticeType, toNoticeType } from './recovery.type';

/** Roles as GraphQL shows them. */
export enum PartyRole {
  PATIENT = 'patient',
  RESEARCHER = 'researcher',
  PROVIDER = 'provider',
  OFFICER = 'officer',
  PHYSICIAN = 'physician',
}

registerEnumType(PartyRole, {
  name: 'PartyRole',
  description: 'What a party is here; it has one role.',
  valuesMap: {
    PATIENT: { description: 'Owns records, decides, earns.' },
    RESEARCHER: { description: 'A research center: counts, asks, pays, receives.' },
    PROVIDER: { description: 'Holds records and sends them.' },
    OFFICER: { description: 'A compliance officer: reviews requests, books deposits.' },
    PHYSICIAN: { description: 'Treats patients as a member of providers.' },
  },
});

@ObjectType('Party', { description: 'A key that was registered.' })
export class PartyType {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => String, { description: 'did:key of the key that logged in.' })
  did: string;

  @Field(() => PartyRole, { description: 'Its one role.' })
  role: PartyRole;
}

@ObjectType('Session', { description: 'What a login opened.' })
export class SessionType {
  @Field(() => String, { description: 'Token (JWT) for the Authorization header.' })
  token: string;

  @Field(() => String, { description: 'Its scheme there: DPoP (each request proves the key), or Bearer.' })
  tokenType: string;

  @Field(() => GraphQLISODateTime, { description: 'End of the token; a new login opens a new session.' })
  expiresAt: Date;

  @Field(() => PartyType, { description: 'Who logged in.' })
  party: PartyType;

  @Field(() => [NoticeType], { description: 'What happened to the keys of the party lately: every device shows it.' })
  notices: NoticeType[];
}

@ObjectType('LoginNonce', { description: 'What a login has to carry.' })
export class LoginNonceType {
  @Field(() => String, { description: 'Claim `nonce` of `aceso/login/v1`.' })
  nonce: string;

  @Field(() => GraphQLISODateTime, { description: 'Until when it is accepted.' })
  expiresAt: Date;
}

/** A party as clients see it. */
export function toPartyType({ partyId, did, role }: Pick<Party, 'partyId' | 'did' | 'role'>): PartyType {
  return { id: toGlobalId('Party', partyId), did, role: role as PartyRole };
}

/** A session as its party sees it. */
export function toSessionType({ token, tokenType, expiresAt, party, notices }: Login): SessionType {
  return { token, tokenType, expiresAt, party: toPartyType(party), notices: notices.map(toNoticeType) };
}
