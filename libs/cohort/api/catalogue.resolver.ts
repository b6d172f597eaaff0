import { Query, Resolver } from '@nestjs/graphql';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { Catalogue } from '../catalogue';
import { CatalogueType, toCatalogueType } from './catalogue.type';

@Resolver()
export class CatalogueResolver {
  constructor(private readonly catalogues: Catalogue) {}

  @Access('researcher')
  @Query(() => CatalogueType, {
    description:
      'What there is to ask for: who is found, by domain, year of the first record and source. The first time in 24 hours it is a ' +
      'question of fewer than 60 numbers of the daily limit; after that the same numbers stand and cost nothing.',
  })
  async catalogue(@CurrentParty() actor: Actor): Promise<CatalogueType> {
    return toCatalogueType(await this.catalogues.read(actor));
  }
}
