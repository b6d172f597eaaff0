import { Field, InputType, ObjectType } from '@nestjs/graphql';
import type { Contact } from '../domain';

@ObjectType('Contact', {
  description: 'How a party is named and reached. Its owner alone reads it; each time is logged.',
})
export class ContactType {
  @Field(() => String, { description: 'Name.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'E-mail address.' })
  email: string | null;

  @Field(() => String, { nullable: true, description: 'Telephone number.' })
  phone: string | null;

  @Field(() => String, { nullable: true, description: 'Postal address.' })
  address: string | null;
}

@InputType('ContactInput', { description: 'Replaces what was saved before.' })
export class ContactInput {
  @Field(() => String, { description: 'Name, 1 to 200 characters.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'E-mail address.' })
  email?: string | null;

  @Field(() => String, { nullable: true, description: 'Telephone number.' })
  phone?: string | null;

  @Field(() => String, { nullable: true, description: 'Postal address, at most 500 characters.' })
  address?: string | null;
}

/** A contact as its owner sees it. */
export function toContactType({ name, email, phone, address }: Contact): ContactType {
  return { name, email: email ?? null, phone: phone ?? null, address: address ?? null };
}

/** What was typed in, without the members that are empty. */
export function toContact({ name, email, phone, address }: ContactInput): Contact {
  return { name, ...(email ? { email } : {}), ...(phone ? { phone } : {}), ...(address ? { address } : {}) };
}
