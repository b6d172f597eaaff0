import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { CohortCellType, DisclosedCountType, toDisclosedCountType } from '@aceso/cohort/api';
import { UNIT_MENU_MINOR } from '@aceso/consent/domain';
import { MoneyType, toMoneyType } from '@aceso/platform/graphql';
import { ASK_CELL, HISTORY_REQUESTS_MIN, TERMS_CELLS } from '../domain';
import type { Feasibility } from '../feasibility.service';
import { QuoteType, toQuoteType } from './request.type';

type TermsWord = 'YES' | 'ASK' | 'NO';
const WORDS: Record<TermsWord, TermsWord> = { YES: 'YES', ASK: 'ASK', NO: 'NO' };

registerEnumType(WORDS, {
  name: 'TermsWord',
  description: 'What standing terms would say to a draft.',
  valuesMap: {
    YES: { description: 'Yes by themselves, from a price on.' },
    ASK: { description: 'Nothing: there are none that answer, or a person has to decide. The person is asked.' },
    NO: { description: 'Yes at no price of the menu. The person is asked all the same, and may say yes.' },
  },
});

@ObjectType('FeasibilityCell', { description: 'Persons of a cohort to whose terms the same follows for a draft.' })
export class FeasibilityCellType {
  @Field(() => WORDS, { description: 'What their terms would say.' })
  terms: TermsWord;

  @Field(() => MoneyType, { nullable: true, description: 'The least price of the menu at which they say yes.' })
  from: MoneyType | null;

  @Field(() => DisclosedCountType, { description: 'How many persons; each of the cohort is in one cell.' })
  count: DisclosedCountType;
}

@ObjectType('FeasibilityOffer', { description: 'One price of the menu. Made of the cells as they are shown.' })
export class FeasibilityOfferType {
  @Field(() => MoneyType, { description: 'Price of one included person.' })
  unit: MoneyType;

  @Field(() => Int, {
    nullable: true,
    description: 'Persons whose terms say yes at this price, of the cells that are shown; null where none of them is.',
  })
  approving: number | null;

  @Field(() => Boolean, { description: 'Whether a cell up to this price is not shown: there may be more.' })
  mayBeMore: boolean;
}

@ObjectType('FeasibilityExpectation', {
  description: 'How many may say yes at the offered price, by shown numbers. Null is what they do not tell.',
})
export class FeasibilityExpectationType {
  @Field(() => Int, { nullable: true, description: 'Those whose terms say yes, as `offers` has them.' })
  least: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'All of the cohort: whom terms do not answer is asked, and may say yes.',
  })
  most: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'By the share that agreed to your earlier orders, within least and most; null with fewer than ' +
      `${HISTORY_REQUESTS_MIN} of them.`,
  })
  expected: number | null;

  @Field(() => Int, { description: 'Earlier orders of yours that the share is made of.' })
  earlierOrders: number;

  @Field(() => QuoteType, { nullable: true, description: 'The price if the least agree.' })
  leastPrice: QuoteType | null;

  @Field(() => QuoteType, { nullable: true, description: 'The price if all agree.' })
  mostPrice: QuoteType | null;
}

@ObjectType('FeasibilityClasses', {
  description:
    'The cohort by the classes of age and sex that files would have with such bands. Files hide more attributes or show them, and ' +
    'leave out persons of classes below `k`.',
})
export class FeasibilityClassesType {
  @Field(() => Int, { description: 'Width of the age bands.' })
  ageBandYears: number;

  @Field(() => [CohortCellType], {
    description:
      'The same classes for every cohort, then all others: of unknown age or sex, or neither female nor male.',
  })
  cells: CohortCellType[];

  @Field(() => Int, {
    nullable: true,
    description: 'Persons in classes of `k` or more if all agree, at least: of classes that are shown.',
  })
  kept: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The same if `expectation.least` agree, of each class the same share.',
  })
  keptOfLeast: number | null;
}

@ObjectType('FieldCompleteness', {
  description: 'Who of a cohort has anything of some of the fields. Where one of the two is not shown, neither is.',
})
export class FieldCompletenessType {
  @Field(() => [String], { description: 'Fields of the draft that are counted together.' })
  types: string[];

  @Field(() => DisclosedCountType, { description: 'How many have at least one entry with a code.' })
  having: DisclosedCountType;

  @Field(() => DisclosedCountType, { description: 'How many have none, or keep something back from research.' })
  lacking: DisclosedCountType;
}

@ObjectType('Feasibility', {
  description: 'What a request would meet, before anybody is asked. Where the total is not shown, nothing else is.',
})
export class FeasibilityType {
  @Field(() => DisclosedCountType, { description: 'How many persons: the answer of `cohortCount`.' })
  total: DisclosedCountType;

  @Field(() => [FeasibilityCellType], { description: 'The cohort by what standing terms say: the same cells always.' })
  cells: FeasibilityCellType[];

  @Field(() => [FeasibilityOfferType], { description: 'Each price of the menu.' })
  offers: FeasibilityOfferType[];

  @Field(() => FeasibilityExpectationType, { description: 'What may come of the offered price.' })
  expectation: FeasibilityExpectationType;

  @Field(() => FeasibilityClassesType, { nullable: true, description: 'Where `ageBandYears` asks for it.' })
  classes: FeasibilityClassesType | null;

  @Field(() => [FieldCompletenessType], {
    nullable: true,
    description:
      'Where `completeness` asks for it: of the fields that are conditions, results, medication and the like.',
  })
  completeness: FieldCompletenessType[] | null;
}

/** A preview as clients see it. */
export function toFeasibilityType(preview: Feasibility): FeasibilityType {
  const { total, cells, offers, expectation, classes, completeness, currency } = preview;
  const money = (unitMinor: number): MoneyType => toMoneyType({ amountMinor: BigInt(unitMinor), currency });
  const { least, most, expected, earlierRequests, price } = expectation;
  return {
    total: toDisclosedCountType(total),
    cells: TERMS_CELLS.map((_, at) => {
      const unitMinor = UNIT_MENU_MINOR[at];
      return {
        terms: unitMinor !== undefined ? 'YES' : at === ASK_CELL ? 'ASK' : 'NO',
        from: unitMinor !== undefined ? money(unitMinor) : null,
        count: toDisclosedCountType(cells[at]!),
      };
    }),
    offers: offers.map(({ unitMinor, approving, mayBeMore }) => ({ unit: money(unitMinor), approving, mayBeMore })),
    expectation: {
      least,
      most,
      expected,
      earlierOrders: earlierRequests,
      leastPrice: price && toQuoteType(price.least, currency),
      mostPrice: price && toQuoteType(price.most, currency),
    },
    completeness:
      completeness?.map(({ types, having, lacking }) => ({
        types: [...types],
        having: toDisclosedCountType(having),
        lacking: toDisclosedCountType(lacking),
      })) ?? null,
    classes: classes && {
      ...classes,
      cells: classes.cells.map(({ label, count }) => ({ label, count: toDisclosedCountType(count) })),
    },
  };
}
