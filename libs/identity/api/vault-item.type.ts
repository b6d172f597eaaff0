import { Field, InputType, ObjectType } from '@nestjs/graphql';
import type { BankDetails, Identifiers } from '../domain';

@ObjectType('Identifier', {
  description: 'What a state or an insurer calls the party. Its owner alone reads it; each time is logged.',
})
export class IdentifierType {
  @Field(() => String, { description: 'ISO 3166-1 alpha-2.' })
  country: string;

  @Field(() => String, { description: 'national, health-insurance, tax, passport or register.' })
  kind: string;

  @Field(() => String, { description: 'As it is written.' })
  value: string;
}

@InputType('IdentifierInput', { description: 'One identifier of the acting party.' })
export class IdentifierInput {
  @Field(() => String, { description: 'ISO 3166-1 alpha-2.' })
  country: string;

  @Field(() => String, { description: 'national, health-insurance, tax, passport or register.' })
  kind: string;

  @Field(() => String, { description: '1 to 64 characters.' })
  value: string;
}

@ObjectType('BankDetails', {
  description: 'Where money goes. Their owner reads them, and payouts that are executed; each time is logged.',
})
export class BankDetailsType {
  @Field(() => String, { description: 'Holder of the account.' })
  holder: string;

  @Field(() => String, { description: 'IBAN (ISO 13616), without blanks.' })
  iban: string;

  @Field(() => String, { nullable: true, description: 'BIC (ISO 9362).' })
  bic: string | null;
}

@InputType('BankDetailsInput', { description: 'Replaces what was saved before.' })
export class BankDetailsInput {
  @Field(() => String, { description: 'Holder of the account, 1 to 200 characters.' })
  holder: string;

  @Field(() => String, { description: 'IBAN (ISO 13616), without blanks.' })
  iban: string;

  @Field(() => String, { nullable: true, description: 'BIC (ISO 9362), where the bank asks for it.' })
  bic?: string | null;
}

/** Bank details as their owner sees them. */
export function toBankDetailsType({ holder, iban, bic }: BankDetails): BankDetailsType {
  return { holder, iban, bic: bic ?? null };
}

/** What was typed in, without a member that is empty. */
export function toBankDetails({ holder, iban, bic }: BankDetailsInput): BankDetails {
  return { holder, iban, ...(bic ? { bic } : {}) };
}

/** What was typed in; the service judges its form. */
export function toIdentifiers(inputs: readonly IdentifierInput[]): Identifiers {
  return {
    identifiers: inputs.map(({ country, kind, value }) => ({ country, kind, value })) as Identifiers['identifiers'],
  };
}
