export { CohortApiModule } from './cohort-api.module';
export { DisclosedCountType, toDisclosedCountType } from './cohort-count.type';
export {
  CohortVersionInput,
  CohortVersionRefType,
  fromCohortVersionInput,
  toCohortVersionRef,
} from './cohort-version.input';
