import { Args, Query, Resolver } from '@nestjs/graphql';
import { Access } from '@aceso/platform/graphql';
import { ConceptLists } from '../concept-lists';
import { MatchedCodesType, toMatchedCodesType } from './matched-codes.type';

@Resolver()
export class ConceptListsResolver {
  constructor(private readonly lists: ConceptLists) {}

  @Access('researcher')
  @Query(() => MatchedCodesType, {
    description:
      'Which codes of a pasted list this instance knows: those of the tables that the operator loaded, and those that eleven ' +
      'persons carry. It gives no numbers, and never says that a rarer code is there.',
  })
  async matchCodes(
    @Args('system', { type: () => String, description: 'The code system, as a URI.' }) system: string,
    @Args('text', {
      type: () => String,
      description:
        'The list as it was copied, codes only: blanks, line breaks, commas, semicolons or bars between the codes.',
    })
    text: string,
  ): Promise<MatchedCodesType> {
    return toMatchedCodesType(await this.lists.match(system, text));
  }
}
