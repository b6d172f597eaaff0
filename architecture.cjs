/**
 * Who may import whom: one line a context, in order. A context imports those above it and nothing below.
 * dependency-cruiser reads the rules derived from this list (`npm run check`); docs/architecture.md draws it.
 */
const CONTEXTS = [
  'kernel', // pure: ids, money, canonical JSON, statements, errors
  'fhir', // pure: R4 lines, references, facts
  'platform', // database, queue, config, blobs, key custody, GraphQL plumbing
  'ledger', // transparency log; knows nothing of health
  'audit', // access events, written in the acting transaction
  'identity', // parties, keys, bindings, gates, the vault
  'consent', // terms, grants, revocations; the one place that decides
  'register', // source records, sealed segments, ingestion, the fact index
  'deidentification', // policies, pseudonyms, date shift, k-anonymity, risk
  'cohort', // criteria, counts, disclosure control
  'settlement', // double-entry accounts, escrow, shares
  'marketplace', // requests, decisions, orders
  'extraction', // plan, emit, measure, release, deliver
  'upkeep', // epochs of keys, backups, restores; reads no content
];

/** Contexts without any side effect: no framework, no database, no Node core module. */
const PURE = ['kernel', 'fhir'];
const IMPURE_PACKAGES =
  '(^|/)node_modules/(@nestjs|typeorm|pg|pg-copy-streams|bullmq|ioredis|fastify|mercurius|pino|graphql|fhirpath|@duckdb)(/|$)';
const purePaths = [`^libs/(?:${PURE.join('|')})/`, '^libs/([^/]+)/domain/'];

const below = (context) => CONTEXTS.slice(CONTEXTS.indexOf(context) + 1);

const contextRules = CONTEXTS.filter((context) => below(context).length > 0).map((context) => ({
  name: `${context}-imports-only-above`,
  comment: `${context} stands above ${below(context).join(', ')}: what they need is an event in the outbox`,
  severity: 'error',
  from: { path: `^libs/${context}/` },
  to: { path: `^libs/(${below(context).join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...contextRules,
    {
      name: 'other-contexts-through-their-door',
      comment:
        'a context is entered through index.ts, domain/index.ts, api/index.ts, jobs/index.ts or testing/index.ts',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: {
        path: '^libs/',
        pathNot: [
          '^libs/$1/',
          '^libs/[^/]+/((domain|api|jobs|testing|graphql|queue|supervisor|synthetic|threads|fhir-path-rules|own-views)/)?index\\.ts$',
        ],
      },
    },
    {
      name: 'apps-enter-through-the-door',
      severity: 'error',
      from: { path: '^(apps|test)/' },
      to: {
        path: '^libs/',
        pathNot:
          '^libs/[^/]+/((domain|api|jobs|testing|graphql|queue|supervisor|synthetic|threads|fhir-path-rules|own-views)/)?index\\.ts$',
      },
    },
    { name: 'nobody-imports-an-app', severity: 'error', from: { path: '^(libs|migrations)/' }, to: { path: '^apps/' } },
    {
      name: 'apps-do-not-import-each-other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'pure-code-has-no-side-effects',
      comment: 'domain folders, kernel and fhir run in a browser: hashing, clock and randomness are arguments',
      severity: 'error',
      from: { path: purePaths, pathNot: '\\.spec\\.ts$' },
      to: { path: `(^node:|${IMPURE_PACKAGES})`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-code-has-no-node-core',
      severity: 'error',
      from: { path: purePaths, pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-code-stays-pure',
      comment: 'a domain folder imports other domain folders, kernel, fhir and the error class of its context only',
      severity: 'error',
      from: { path: purePaths, pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^libs/',
        pathNot: [`^libs/(${PURE.join('|')})/`, '^libs/[^/]+/domain/', '^libs/$1/[^/]+\\.errors\\.ts$'],
      },
    },
    {
      name: 'api-loads-no-jobs',
      severity: 'error',
      from: { path: '^(apps/api|libs/[^/]+/api)/' },
      to: { path: '^libs/[^/]+/jobs/' },
    },
    {
      name: 'worker-loads-no-graphql',
      severity: 'error',
      from: { path: '^(apps/worker|libs/[^/]+/jobs)/' },
      to: { path: '^libs/([^/]+/api|platform/graphql)/' },
    },
    {
      name: 'witness-is-independent',
      comment: 'a witness shares the pure core of the ledger with the log that it watches, and nothing else',
      severity: 'error',
      from: { path: '^apps/witness/', pathNot: '\\.spec\\.ts$' },
      to: {
        pathNot: ['^apps/witness/', '^libs/kernel/index\\.ts$', '^libs/ledger/domain/index\\.ts$'],
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'test-kits-stay-in-tests',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['\\.spec\\.ts$', '/testing/'] },
      to: { path: '^libs/[^/]+/testing/' },
    },
    {
      name: 'compatibility-mode-is-for-files',
      comment: 'fhirPathRules keep what nobody names and shift dates by a broken fold: no sale ever runs on them',
      severity: 'error',
      from: { pathNot: ['^apps/cli/', '^test/', '^libs/deidentification/fhir-path-rules/'] },
      to: { path: '^libs/deidentification/fhir-path-rules/' },
    },
    {
      name: 'chains-are-loaded-when-needed',
      comment: 'viem costs half a second and 20 MiB: only import() where anchoring is configured',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['\\.spec\\.ts$', '/testing/'] },
      to: { path: '(^|/)node_modules/viem/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^(apps|libs|migrations)/', pathNot: ['\\.spec\\.ts$', '/testing/'] },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
