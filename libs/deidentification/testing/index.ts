export { policyTable } from './policy-table';
export { projectPerson, type PersonEntry } from './project-person';
export { hmacSha256, saleOf, sha256 } from './sale';
export { measureOfSizes, reportInput } from './report-input';
