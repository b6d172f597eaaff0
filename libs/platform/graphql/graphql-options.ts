import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { NoSchemaIntrospectionCustomRule, type DocumentNode, type GraphQLSchema } from 'graphql';
import { inspectBody } from './before-parse';
import { refuseBomb } from './document-limits';
import { errorFormatter } from './graphql-errors';
import type { Logger } from '../logging/logger';
import { BODY_BYTES_MAX, DOCUMENT_CACHE_SIZE, TOKENS_MAX } from './limits';

export interface GraphqlSettings {
  readonly logger: Logger;
  /** False hides the schema from `__schema` and `__type`. */
  readonly introspection: boolean;
  /** Mutations of which a document may hold one at most: those where a caller may guess (login, codes). */
  readonly oncePerDocument: readonly string[];
}

/** Options of Nest's GraphQLModule for Mercurius with every limit of this endpoint. */
export function graphqlOptions(settings: GraphqlSettings): MercuriusDriverConfig {
  const once = new Set(settings.oncePerDocument);
  return {
    driver: MercuriusDriver,
    path: '/graphql',
    autoSchemaFile: true, // in memory; `npm run schema` writes the committed file
    sortSchema: true,
    jit: 1,
    cache: DOCUMENT_CACHE_SIZE,
    graphiql: false, // apps/api serves its own, without a content delivery network
    ide: false,
    subscription: false,
    allowBatchedQueries: false,
    csrfPrevention: { allowedContentTypes: ['application/json'], requiredHeaders: [] },
    fieldResolverEnhancers: ['guards', 'filters'], // a field is refused, and the refusal kept, as anywhere else
    graphql: { parseOptions: { maxTokens: TOKENS_MAX } },
    validationRules: settings.introspection ? [] : [NoSchemaIntrospectionCustomRule],
    additionalRouteOptions: {
      bodyLimit: BODY_BYTES_MAX,
      preHandler: (request, _reply, done) => {
        inspectBody(request);
        done();
      },
    },
    hooks: {
      preValidation: async (schema: GraphQLSchema, document: DocumentNode): Promise<void> =>
        refuseBomb(schema, document, once),
    },
    errorFormatter: errorFormatter(settings.logger) as unknown as MercuriusDriverConfig['errorFormatter'],
  };
}
