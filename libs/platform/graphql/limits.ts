/** Limits of the GraphQL endpoint; what exceeds one is refused before anything runs (threats T9). */

/** Body of a GraphQL request: a document, and variables that may carry a signed statement. */
export const BODY_BYTES_MAX = 131_072;
/** UTF-16 code units of one document. GraphiQL's introspection has about 1,800. */
export const DOCUMENT_LENGTH_MAX = 16_000;
export const TOKENS_MAX = 1_000;
/** Nested selections of an operation. */
export const DEPTH_MAX = 10;
/** Nested selections below `__schema`: `ofType` chains of the usual introspection reach 15. */
export const INTROSPECTION_DEPTH_MAX = 18;
/** Aliases in one document, `__typename` included. */
export const ALIASES_MAX = 15;
/** Directives in one document. */
export const DIRECTIVES_MAX = 20;
/** Fields that a response may hold by the estimate of document-limits.ts. */
export const COST_MAX = 5_000;
/** Operations and fragments in one document. */
export const DEFINITIONS_MAX = 30;
/** Mutations in one document: each is a transaction of its own. */
export const MUTATIONS_MAX = 10;

/** Rows of one page. */
export const PAGE_SIZE_MAX = 100;
export const PAGE_SIZE_DEFAULT = 20;
/** Rows that a list without paging is taken to have when cost is estimated. */
export const LIST_SIZE_ASSUMED = 10;

/** Documents that are kept parsed and validated (and as many refused ones). */
export const DOCUMENT_CACHE_SIZE = 200;
