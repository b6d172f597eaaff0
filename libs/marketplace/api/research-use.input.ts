import { Field, InputType } from '@nestjs/graphql';
import { PLEDGES, RESEARCH_CODES, SENSITIVE_TOPICS } from '@aceso/consent/domain';
import type { UseInput } from '../domain';

@InputType('ResearchUseInput', {
  description:
    'What the data is for in codes: what the terms of patients are matched with. All of it is part of the content.',
})
export class ResearchUseInput {
  @Field(() => [String], {
    description: `DUO codes of the main axis, as specific as they are: ${RESEARCH_CODES.join(', ')}.`,
  })
  research: string[];

  @Field(() => [String], {
    nullable: true,
    description: 'Codes of diseases, as MONDO:0005148; disease-specific research (DUO:0000007) names one or more.',
  })
  diseases?: string[] | null;

  @Field(() => Boolean, { description: 'Whether the use is commercial.' })
  commercial: boolean;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether methods are developed or validated; no unless it is said.',
  })
  methods?: boolean | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Countries from which the data will be used, beside the one where it will be; ISO 3166-1 alpha-2 codes.',
  })
  countries?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: `Topics on which no terms answer by themselves: ${SENSITIVE_TOPICS.join(', ')}.`,
  })
  topics?: string[] | null;

  @Field(() => [String], { nullable: true, description: `What the center binds itself to: ${PLEDGES.join(', ')}.` })
  pledges?: string[] | null;

  @Field(() => String, { nullable: true, description: 'Day before which nothing is published, as 2027-01-01.' })
  publicationFrom?: string | null;
}

/** What the caller wrote; absent lists are empty. */
export function toUse(input: ResearchUseInput): UseInput {
  const { research, commercial, diseases, methods, countries, topics, pledges, publicationFrom } = input;
  return {
    research,
    commercial,
    diseases: diseases ?? [],
    methods: methods ?? false,
    countries: countries ?? [],
    topics: topics ?? [],
    pledges: pledges ?? [],
    publicationFrom,
  };
}
