import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { LoginNonces } from '../login-nonces';
import { LoginService } from '../login.service';
import { RegistrationService } from '../registration.service';
import { VaultService } from '../vault.service';
import { ContactInput, ContactType, toContact, toContactType } from './contact.type';
import { LoginNonceType, PartyType, SessionType, toPartyType, toSessionType } from './party.type';
import { STATEMENT } from './statement.argument';

@Resolver()
export class PartyResolver {
  constructor(
    private readonly database: Database,
    private readonly registration: RegistrationService,
    private readonly logins: LoginService,
    private readonly nonces: LoginNonces,
    private readonly vault: VaultService,
  ) {}

  @Access('public')
  @Mutation(() => PartyType, {
    description: 'Makes the key that signed a party. Patients come by themselves, other roles with an invitation.',
  })
  async register(
    @Args('statement', STATEMENT) statement: string,
    @Args('invitation', {
      type: () => String,
      nullable: true,
      description: "One-time code of an operator's invitation; its SHA-256 stands in the statement.",
    })
    invitation?: string | null,
  ): Promise<PartyType> {
    const party = await this.database.transaction('api', (tx) =>
      this.registration.register(tx, statement, invitation ?? undefined),
    );
    return toPartyType(party);
  }

  @Access('public')
  @Query(() => LoginNonceType, { description: 'A nonce for a login that is signed now.' })
  loginNonce(): LoginNonceType {
    return this.nonces.issue();
  }

  @Access('public')
  @Mutation(() => SessionType, { description: 'Opens a session of 15 minutes for the key that signed.' })
  async login(@Args('statement', STATEMENT) statement: string): Promise<SessionType> {
    return toSessionType(await this.database.transaction('api', (tx) => this.logins.login(tx, statement)));
  }

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
  @Query(() => PartyType, { description: 'The acting party.' })
  me(@CurrentParty() actor: Actor): PartyType {
    return toPartyType(actor);
  }

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
  @Mutation(() => Boolean, { description: "Saves the acting party's name and contact, sealed, in the vault." })
  async saveContact(
    @CurrentParty() actor: Actor,
    @Args('input', { type: () => ContactInput, description: 'Name and contact.' }) input: ContactInput,
  ): Promise<boolean> {
    await this.vault.saveContact(actor, toContact(input));
    return true;
  }

  @Access('patient', 'researcher', 'provider', 'officer', 'physician')
  @Query(() => ContactType, { nullable: true, description: "The acting party's contact; null when none was saved." })
  async myContact(@CurrentParty() actor: Actor): Promise<ContactType | null> {
    const contact = await this.vault.readContact(actor);
    return contact && toContactType(contact);
  }
}
