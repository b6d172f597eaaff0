import { Args, Query, Resolver } from '@nestjs/graphql';
import { WardAccess } from '@aceso/identity';
import { WARD, wardWish } from '@aceso/identity/api';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { ConsentDocumentService } from '../consent-document.service';
import { ConsentPartyInput, FhirConsentVersion, PermissionProposalType, toNamedParties } from './consent-document.type';

const VERSION = { type: () => FhirConsentVersion, description: 'Which FHIR.' };

/** A patient's rules as FHIR Consent, out and in. */
@Access('patient')
@Resolver()
export class ConsentDocumentResolver {
  constructor(
    private readonly database: Database,
    private readonly documents: ConsentDocumentService,
    private readonly wards: WardAccess,
  ) {}

  @Query(() => String, { description: 'The rules of the acting patient, or of its ward, as a FHIR Consent, in JSON.' })
  async myConsentDocument(
    @CurrentParty() actor: Actor,
    @Args('version', VERSION) version: FhirConsentVersion,
    @Args('ward', WARD) ward?: string | null,
  ): Promise<string> {
    const wish = wardWish(ward, { scope: 'both', looksAt: 'rules' });
    return this.wards.run(actor, wish, (tx, acting) => this.documents.write(tx, acting, version));
  }

  @Query(() => PermissionProposalType, {
    description: 'Rules that say exactly what a FHIR Consent says, to look at and to sign. Until then nothing changes.',
  })
  async proposePermissionRules(
    @CurrentParty() _actor: Actor,
    @Args('version', VERSION) version: FhirConsentVersion,
    @Args('document', { type: () => String, description: 'JSON of the Consent.' }) document: string,
    @Args('parties', {
      type: () => [ConsentPartyInput],
      defaultValue: [],
      description: 'What its references mean here.',
    })
    parties: ConsentPartyInput[],
    @Args('everyoneIsPhysicians', {
      type: () => Boolean,
      defaultValue: false,
      description: 'True to read a Consent that permits everyone as one that permits any physician.',
    })
    everyoneIsPhysicians: boolean,
  ): Promise<PermissionProposalType> {
    const everyone = everyoneIsPhysicians ? ({ everyone: 'physicians' } as const) : {};
    const read = { document, version, parties: toNamedParties(parties), ...everyone };
    const rules = await this.database.transaction('api', (tx) => this.documents.propose(tx, read));
    return { rules: JSON.stringify(rules) };
  }
}
