import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphQLModule, GraphQLSchemaHost } from '@nestjs/graphql';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { printSchema } from 'graphql';
import { createLogger, PROCESS_ROLES, readConfig } from '@aceso/platform';
import { createApi } from './api';

/** Nothing answers there: what is looked at needs no database. */
const NOWHERE = 'postgres://nobody@127.0.0.1:1/none';

const HEADER = `# Made by \`npm run schema\` from the resolvers; test/repository/schema.spec.ts compares.\n\n`;

/** Assembles the api without a database and lets `look` look at it. */
export async function withAssembledApi<Answer>(
  look: (app: NestFastifyApplication) => Answer | Promise<Answer>,
): Promise<Answer> {
  const home = mkdtempSync(join(tmpdir(), 'aceso-schema-'));
  const app = await createApi({
    process: 'api',
    config: readConfig({ ACESO_HOME: home, LOG_LEVEL: 'silent' }),
    roleUrls: Object.fromEntries(PROCESS_ROLES.api.map((role) => [role, NOWHERE])),
    logger: createLogger({ process: 'api', level: 'silent', format: 'json' }),
  });
  try {
    // Not app.init(): contexts look for their rows when an application starts.
    await app.get(GraphQLModule, { strict: false }).onModuleInit();
    return await look(app);
  } finally {
    await app.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** The text of schema.graphql. */
export function schemaText(): Promise<string> {
  return withAssembledApi((app) => `${HEADER}${printSchema(app.get(GraphQLSchemaHost).schema)}\n`);
}
