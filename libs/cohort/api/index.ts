export { CohortApiModule } from './cohort-api.module';
export { DisclosedCountType, toDisclosedCountType } from './cohort-count.type';
export { CohortCellType } from './cohort-tables.type';
export {
  CohortVersionInput,
  CohortVersionRefType,
  fromCohortVersionInput,
  toCohortVersionRef,
} from './cohort-version.input';
