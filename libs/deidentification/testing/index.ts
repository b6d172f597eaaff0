export { policyTable } from './policy-table';
export { hmacSha256, saleOf, sha256 } from './sale';
