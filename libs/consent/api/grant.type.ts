import { Field, GraphQLISODateTime, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ConnectionOf } from '@aceso/platform/graphql';
import type { OwnGrant } from '..';

export enum TermsMode {
  ASK_ME = 'ask-me',
  ANSWER_FOR_ME = 'answer-for-me',
}

registerEnumType(TermsMode, {
  name: 'TermsMode',
  description: 'What standing terms do with a request that they approve.',
  valuesMap: {
    ASK_ME: { description: 'The patient answers each request.' },
    ANSWER_FOR_ME: { description: 'They answer yes at once.' },
  },
});

@ObjectType('StandingTerms', { description: "A patient's newest standing terms." })
export class StandingTermsType {
  @Field(() => String, { description: 'Digest of the statement.' })
  terms: string;

  @Field(() => TermsMode, { description: 'What they do with a request that they approve.' })
  mode: TermsMode;
}

@ObjectType('TermsNotice', { description: 'The text to read before setting terms; they name its hash and language.' })
export class TermsNoticeType {
  @Field(() => String, { description: 'The text, in plain words.' })
  text: string;

  @Field(() => String, { description: 'SHA-256 of its UTF-8 bytes, lower-case hexadecimal.' })
  hash: string;

  @Field(() => String, { description: 'Language tag (RFC 5646).' })
  language: string;
}

export enum Discovery {
  PERMIT = 'permit',
  DENY = 'deny',
}

registerEnumType(Discovery, {
  name: 'Discovery',
  description: 'Whether a patient may be found, counted and asked.',
  valuesMap: {
    PERMIT: { description: 'May be found, counted and asked.' },
    DENY: { description: 'Is left out of every count and never asked.' },
  },
});

@ObjectType('DiscoveryTerms', { description: "A patient's newest terms." })
export class DiscoveryTermsType {
  @Field(() => Discovery, { description: 'What they say.' })
  discovery: Discovery;
}

@ObjectType('Revocation', { description: 'A grant that was taken back, from this moment on.' })
export class RevocationType {
  @Field(() => String, { description: 'Digest of the grant.' })
  grant: string;
}

@ObjectType('Grant', { description: 'What a patient agreed to.' })
export class GrantType {
  @Field(() => String, { description: 'Digest of the statement: a revocation names it.' })
  grant: string;

  @Field(() => String, { description: 'The request, as statements name it.' })
  request: string;

  @Field(() => Int, { description: 'Version of the request.' })
  version: number;

  @Field(() => GraphQLISODateTime, { description: 'Since when it stands.' })
  recordedAt: Date;

  @Field(() => GraphQLISODateTime, { description: 'Until when it stands, if it is not revoked.' })
  expiresAt: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was revoked.' })
  revokedAt: Date | null;

  @Field(() => Boolean, { description: 'True when standing terms answered; `statement` is then the terms.' })
  byTerms: boolean;

  @Field(() => String, { description: 'The statement as it was signed.' })
  statement: string;
}

@ObjectType({ description: 'Grants, newest first.' })
export class GrantConnection extends ConnectionOf(GrantType, 'Grant') {}

/** A grant as its patient sees it. */
export function toGrantType(grant: OwnGrant): GrantType {
  const { digest, requestId, version, recordedAt, expiresAt, revokedAt, text, byTerms } = grant;
  return { grant: digest, request: requestId, version, recordedAt, expiresAt, revokedAt, byTerms, statement: text };
}
