import { Field, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { Profile } from '../cohort-counts';
import { criteriaInWords, PROFILE_TABLES, type AnsweredCount, type Criteria, type ProfileTable } from '../domain';
import { DisclosedCountType, toDisclosedCountType } from './cohort-count.type';

const TABLES = Object.fromEntries(PROFILE_TABLES.map((table) => [table, table])) as Record<ProfileTable, ProfileTable>;

registerEnumType(TABLES, {
  name: 'ProfileTable',
  description: 'What a table of a cohort is by.',
  valuesMap: {
    AGE: { description: 'Full years at the record date that are surely reached.' },
    SEX: { description: 'Administrative sex, where the criteria leave several open.' },
    ENTRY_YEAR: { description: 'Year of the entry: the last twenty, earlier and later ones. With an entry only.' },
    BIRTH_DECADE: { description: 'Decade of birth. Without an entry only.' },
  },
});

@ObjectType('CohortFunnelStep', { description: 'Who is left after one rule of a cohort.' })
export class CohortFunnelStepType {
  @Field(() => String, { description: 'The rule as a sentence; of the first step, who is counted at all.' })
  sentence: string;

  @Field(() => DisclosedCountType, {
    description: 'How many are left. A step that leaves out fewer than the threshold is TOO_CLOSE to the one before.',
  })
  count: DisclosedCountType;
}

@ObjectType('CohortCell', { description: 'One cell of a table; each person of the cohort is in one of them.' })
export class CohortCellType {
  @Field(() => String, { description: 'Which persons: the same cells for every cohort.' })
  label: string;

  @Field(() => DisclosedCountType, { description: 'How many persons.' })
  count: DisclosedCountType;
}

@ObjectType('CohortTable', {
  description:
    'A cohort by one property. Where a cell is below the threshold another one is hidden with it, so that the total tells neither.',
})
export class CohortTableType {
  @Field(() => TABLES, { description: 'What the table is by.' })
  table: ProfileTable;

  @Field(() => [CohortCellType], { description: 'Its cells, in a fixed order.' })
  cells: CohortCellType[];
}

@ObjectType('CohortProfile', { description: 'A cohort in tables. Where the total is not shown, no cell is.' })
export class CohortProfileType {
  @Field(() => DisclosedCountType, { description: 'How many persons: the answer of `cohortCount`.' })
  total: DisclosedCountType;

  @Field(() => [CohortTableType], { description: 'By age, sex, and year of entry or decade of birth.' })
  tables: CohortTableType[];
}

/** The first step of a funnel without an entry. */
const EVERYBODY = 'Can be found and asked.';

/** The steps of a funnel: its criteria, rules in the order in which they were counted, and as many counts. */
export function toFunnelType(inOrder: Criteria, counts: readonly AnsweredCount[]): CohortFunnelStepType[] {
  const words = criteriaInWords(inOrder);
  const sentences = inOrder.entry ? words : [EVERYBODY, ...words];
  return counts.map((count, at) => ({ sentence: sentences[at]!, count: toDisclosedCountType(count) }));
}

/** Tables as clients see them. */
export function toProfileType({ total, tables }: Profile): CohortProfileType {
  return {
    total: toDisclosedCountType(total),
    tables: tables.map(({ table, cells }) => ({
      table,
      cells: cells.map(({ label, count }) => ({ label, count: toDisclosedCountType(count) })),
    })),
  };
}
