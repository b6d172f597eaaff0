import { Field, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import { fromGlobalId } from '@aceso/platform/graphql';
import type { PartyId } from '@aceso/kernel';

export enum FhirConsentVersion {
  R4 = 'r4',
  R5 = 'r5',
}

registerEnumType(FhirConsentVersion, {
  name: 'FhirConsentVersion',
  description: 'A version of FHIR whose Consent is read and written.',
  valuesMap: { R4: { description: 'FHIR 4.0.1.' }, R5: { description: 'FHIR 5.0.0.' } },
});

@InputType('ConsentPartyInput', { description: 'What a reference of a Consent means here.' })
export class ConsentPartyInput {
  @Field(() => String, { description: 'The literal reference, such as Organization/f001.' })
  reference: string;

  @Field(() => ID, { description: 'Id of a provider, physician or research center.' })
  party: string;
}

@ObjectType('PermissionProposal', { description: 'Rules that nobody signed yet: they permit nothing.' })
export class PermissionProposalType {
  @Field(() => String, { description: 'JSON of `rules`, as a statement has them.' })
  rules: string;
}

/** Parties by reference; of a reference that stands twice the last one counts. */
export function toNamedParties(parties: readonly ConsentPartyInput[]): ReadonlyMap<string, PartyId> {
  return new Map(parties.map(({ reference, party }) => [reference, fromGlobalId('Party', party)]));
}
