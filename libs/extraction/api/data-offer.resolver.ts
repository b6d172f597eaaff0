import { Args, Query, Resolver } from '@nestjs/graphql';
import { Access } from '@aceso/platform/graphql';
import { DataOffer } from '../data-offer';
import { DataDictionaryType, DataPreviewType, toDataDictionaryType, toDataPreviewType } from './data-offer.type';

const TABLE = { type: () => String, nullable: true, description: 'One table by its name; all of them without it.' };

@Resolver()
export class DataOfferResolver {
  constructor(private readonly offer: DataOffer) {}

  @Access('researcher')
  @Query(() => [DataDictionaryType], {
    description:
      'The tables that packages have, column by column, with what becomes of each under each policy. The same everywhere: it tells of nobody.',
  })
  dataDictionaries(@Args('table', TABLE) table?: string | null): DataDictionaryType[] {
    return this.offer.dictionaries().filter(named(table)).map(toDataDictionaryType);
  }

  @Access('researcher')
  @Query(() => [DataPreviewType], {
    description:
      'The same tables with rows of persons who are made up, de-identified as a package is. No row is of the register, and the same rows come every time.',
  })
  async dataPreview(
    @Args('policy', { type: () => String, description: 'Name of a policy, as in a request.' }) policy: string,
    @Args('table', TABLE) table?: string | null,
  ): Promise<DataPreviewType[]> {
    return (await this.offer.preview(policy)).filter(named(table)).map(toDataPreviewType);
  }
}

const named = (table: string | null | undefined) => (each: { readonly name: string }) =>
  (table ?? each.name) === each.name;
