import { randomUUID } from 'node:crypto';
import { toGlobalId } from '@aceso/platform/graphql';
import {
  everybody,
  officers,
  ok,
  patients,
  providers,
  researchers,
  type Outcome,
  type RouteRow,
} from './access-outcomes';
import type { Ids } from './access-world';

const route = (method: string, path: string | ((ids: Ids) => string), outcomes: readonly Outcome[]): RouteRow => ({
  method,
  path: typeof path === 'string' ? () => path : path,
  outcomes,
  ...(typeof path === 'string' ? {} : { byId: true }),
});

/** Every route, under the pattern by which it is declared. */
export const ROUTES: Readonly<Record<string, RouteRow>> = {
  'GET /': route('GET', '/', everybody(ok)),
  'GET /healthz': route('GET', '/healthz', everybody(ok)),
  'GET /readyz': route('GET', '/readyz', everybody(ok)),
  'GET /assets/:name': route('GET', '/assets/home.css', everybody(ok)),
  'GET /docs/:name': route('GET', '/docs/errors.md', everybody(ok)),
  'GET /graphiql': route('GET', '/graphiql', everybody(ok)),
  'GET /graphiql/*': route('GET', '/graphiql/main.js', everybody(ok)),
  'GET /schema.graphql': route('GET', '/schema.graphql', everybody(ok)),
  'GET /ledger/checkpoint': route('GET', '/ledger/checkpoint', everybody(ok)),
  'GET /ledger/tile/:level/*': route('GET', ({ tile }) => `/ledger/tile/0/${tile}`, everybody(ok)),
  'GET /ledger/tile/entries/*': route('GET', ({ tile }) => `/ledger/tile/entries/${tile}`, officers(ok)),
  'GET /visas/jwks.json': route('GET', '/visas/jwks.json', everybody(ok)),
  'GET /audit/events': route(
    'GET',
    '/audit/events?since=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00Z&reason=inspection',
    officers(ok),
  ),
  'POST /ledger/receipts': route('POST', '/ledger/receipts', everybody('NOT_FOUND')),
  'GET /personas.json': route('GET', '/personas.json', everybody('NOT_FOUND')),
  'GET /ingests/:id/report': route(
    'GET',
    ({ ingest }) => `/ingests/${ingest}/report`,
    providers(ok, 'INGEST_NOT_FOUND'),
  ),
  'GET /record/:format': route('GET', '/record/fhir', patients(ok)),
  'GET /disclosures/:id': route(
    'GET',
    `/disclosures/${toGlobalId('Disclosure', randomUUID())}`,
    officers('DISCLOSURE_NOT_FOUND'),
  ),
  'GET /orders/:id/package': route(
    'GET',
    ({ order }) => `/orders/${order}/package`,
    researchers(ok, 'PACKAGE_NOT_FOUND'),
  ),
  'GET /orders/:id/withdrawals/:number': route(
    'GET',
    ({ order }) => `/orders/${order}/withdrawals/1`,
    researchers('WITHDRAWAL_LIST_NOT_FOUND'),
  ),
  'PUT /uploads/:id': route('PUT', ({ upload }) => `/uploads/${upload}`, providers(ok, 'UPLOAD_NOT_FOUND')),
};
