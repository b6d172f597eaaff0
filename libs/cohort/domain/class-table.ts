import { AGE_POOLED_FROM, ageBand, type Generalisation } from '@aceso/deidentification/domain';
import { SEXES, UNKNOWN } from '@aceso/register/domain';
import type { Member, TableForm } from './profile';

/** Widths of age bands that a delivered file may have, years. */
export type AgeBandYears = Generalisation['ageBandYears'];

/** The cell of those whose age or sex is not known, or whose sex few have: of them nothing is expected. */
export const OTHERS_CELL = 'others';

const NAMED_SEXES = ['female', 'male'] as const;

/**
 * A cohort as a delivered file would class it by age and sex (`quasiIdentifiers`, `ageBand`), at a record date (YYYY-MM-DD). The cells are the same
 * for every cohort.
 */
export function classTable(ageBandYears: AgeBandYears, day: string): TableForm<string> {
  const month = 12 * Number(day.slice(0, 'YYYY'.length)) + Number(day.slice('YYYY-'.length, 'YYYY-MM'.length)) - 1;
  const ages = Array.from({ length: AGE_POOLED_FROM + 1 }, (_, age) => ageBand(age, ageBandYears));
  const bands = [...new Set(ages)];
  const cells = [...NAMED_SEXES.flatMap((sex) => bands.map((band) => `${sex} ${band}`)), OTHERS_CELL];
  const cellOf = (member: Member): number => {
    const age = ageAt(month, member);
    const sex = NAMED_SEXES.findIndex((name) => name === SEXES[member.sex]);
    if (age === null || sex === -1) return cells.length - 1;
    return sex * bands.length + bands.indexOf(ages[age]!);
  };
  return { table: `CLASSES_${ageBandYears}`, cells, cellOf };
}

/** Full years, as a released Patient has them: by the last month in which the birth may have been, the pooled ages by the first. */
function ageAt(month: number, { bornFirst, bornLast }: Member): number | null {
  if (bornLast === UNKNOWN || bornFirst === UNKNOWN) return null;
  if (Math.floor((month - bornFirst) / 12) >= AGE_POOLED_FROM) return AGE_POOLED_FROM;
  const years = Math.floor((month - bornLast) / 12);
  return years < 0 ? null : years;
}
