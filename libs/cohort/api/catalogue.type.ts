import { Field, ObjectType } from '@nestjs/graphql';
import type { ShownCatalogue } from '../domain/catalogue';
import { DisclosedCountType, toDisclosedCountType } from './cohort-count.type';
import { CohortCellType } from './cohort-tables.type';

@ObjectType('CatalogueDomain', { description: 'A kind of events that criteria can name.' })
export class CatalogueDomainType {
  @Field(() => String, { description: 'The kind, as criteria name it.' })
  domain: string;

  @Field(() => DisclosedCountType, {
    description:
      'How many persons have at least one such fact. TOO_CLOSE with `closeTo` says: as many as there, or nearly. Without persons who ' +
      'keep something back from research, since what they keep back is not looked at here.',
  })
  persons: DisclosedCountType;
}

@ObjectType('CatalogueSource', { description: 'A provider whose records are here.' })
export class CatalogueSourceType {
  @Field(() => String, { description: 'DID of the provider.' })
  providerDid: string;

  @Field(() => DisclosedCountType, {
    description: 'How many persons are bound to records of it; several sources may share a person.',
  })
  persons: DisclosedCountType;
}

@ObjectType('Catalogue', { description: 'What there is to ask for, as you were shown it on its day.' })
export class CatalogueType {
  @Field(() => String, { description: 'Record date, YYYY-MM-DD.' })
  day: string;

  @Field(() => DisclosedCountType, { description: 'Who is found at all: the answer of `cohortCount` without a rule.' })
  persons: DisclosedCountType;

  @Field(() => [CatalogueDomainType], { description: 'By domain; a person is in several.' })
  domains: CatalogueDomainType[];

  @Field(() => [CohortCellType], {
    description: 'By year of the first record, each person in one cell: how far back the records reach.',
  })
  firstYears: CohortCellType[];

  @Field(() => [CatalogueSourceType], {
    description:
      'The sources with at least as many persons as are shown, up to 25; empty while no source has published yet.',
  })
  sources: CatalogueSourceType[];
}

/** A catalogue as clients see it. */
export function toCatalogueType({ day, total, domains, firstYears, sources }: ShownCatalogue): CatalogueType {
  return {
    day,
    persons: toDisclosedCountType(total),
    domains: domains.map(({ domain, count }) => ({ domain, persons: toDisclosedCountType(count) })),
    firstYears: firstYears.map(({ label, count }) => ({ label, count: toDisclosedCountType(count) })),
    sources: sources.map(({ did, count }) => ({ providerDid: did, persons: toDisclosedCountType(count) })),
  };
}
