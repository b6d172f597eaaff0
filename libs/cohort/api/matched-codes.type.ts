import { Field, ObjectType } from '@nestjs/graphql';
import type { MatchedCodes } from '../concept-lists';

@ObjectType('MatchedCode', { description: 'A code that this instance knows.' })
export class MatchedCodeType {
  @Field(() => String, { description: 'As it was pasted.' })
  code: string;

  @Field(() => String, {
    nullable: true,
    description: 'The text that most records give it; null where fewer than eleven persons carry one and the same.',
  })
  text: string | null;
}

@ObjectType('MatchedCodes', { description: 'What of a pasted list is known, each code once and in its order.' })
export class MatchedCodesType {
  @Field(() => Boolean, {
    description:
      'Whether this instance knows any code of the system. Where it does not, the system may have another name.',
  })
  systemKnown: boolean;

  @Field(() => Boolean, {
    description:
      'Whether this instance knows what is below codes of the system: of ICD-10, and of those that the operator loaded a table of. In others ' +
      '`"descendants": true` adds nothing.',
  })
  descendantsKnown: boolean;

  @Field(() => [MatchedCodeType], { description: 'Codes that are known.' })
  matched: MatchedCodeType[];

  @Field(() => [String], {
    description: 'All others: mistyped, of another system, or so rare that saying more would tell of a person.',
  })
  unmatched: string[];
}

/** A looked-up list as clients see it. */
export function toMatchedCodesType({ matched, unmatched, ...known }: MatchedCodes): MatchedCodesType {
  return { ...known, matched: matched.map(({ code, text }) => ({ code, text })), unmatched: [...unmatched] };
}
