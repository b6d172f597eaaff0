import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { VaultItems } from '../vault-items';
import {
  BankDetailsInput,
  BankDetailsType,
  IdentifierInput,
  IdentifierType,
  toBankDetails,
  toBankDetailsType,
  toIdentifiers,
} from './vault-item.type';

/** What a party alone puts into the vault and reads there. */
@Resolver()
export class VaultItemResolver {
  constructor(private readonly items: VaultItems) {}

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
  @Mutation(() => Boolean, {
    description: "Saves the acting party's identifiers, sealed, in the place of earlier ones.",
  })
  async saveIdentifiers(
    @CurrentParty() actor: Actor,
    @Args('identifiers', { type: () => [IdentifierInput], description: 'All of them, at most ten.' })
    identifiers: IdentifierInput[],
  ): Promise<boolean> {
    await this.items.save(actor, 'identifiers', toIdentifiers(identifiers));
    return true;
  }

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
  @Query(() => [IdentifierType], { description: "The acting party's identifiers." })
  async myIdentifiers(@CurrentParty() actor: Actor): Promise<IdentifierType[]> {
    return [...((await this.items.readOwn(actor, 'identifiers'))?.identifiers ?? [])];
  }

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
  @Mutation(() => Boolean, {
    description: "Saves the acting party's bank details, sealed, in the place of earlier ones.",
  })
  async saveBankDetails(
    @CurrentParty() actor: Actor,
    @Args('input', { type: () => BankDetailsInput, description: 'Holder and account.' }) input: BankDetailsInput,
  ): Promise<boolean> {
    await this.items.save(actor, 'bank-details', toBankDetails(input));
    return true;
  }

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
  @Query(() => BankDetailsType, {
    nullable: true,
    description: "The acting party's bank details; null when none were saved.",
  })
  async myBankDetails(@CurrentParty() actor: Actor): Promise<BankDetailsType | null> {
    const details = await this.items.readOwn(actor, 'bank-details');
    return details && toBankDetailsType(details);
  }
}
