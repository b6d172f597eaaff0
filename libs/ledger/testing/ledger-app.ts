import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { PlatformModule, RefusalLog, type Refusal } from '@aceso/platform';
import { EdgeModule, TokenVerifier, type Actor } from '@aceso/platform/graphql';
import type { TestDatabase } from '@aceso/platform/testing';
import { LedgerApiModule } from '../api';
import { KeyUseLog } from '../key-use-log';
import { PlainKeyUseLog } from '.';

/** The api of the ledger alone, as it is served, on a test database. */
export interface LedgerApp {
  readonly app: NestFastifyApplication;
  /** What the edge refused, oldest first. */
  readonly refusals: Refusal[];
}

/** Assembles it. `tokens` are the bearer tokens that are somebody's. */
export async function makeLedgerApp(
  { config, roleUrls, logger }: TestDatabase,
  tokens: Readonly<Record<string, Actor>>,
): Promise<LedgerApp> {
  const refusals: Refusal[] = [];

  @Global()
  @Module({
    providers: [
      { provide: TokenVerifier, useValue: { verify: async (token: string) => tokens[token] ?? null } },
      { provide: KeyUseLog, useClass: PlainKeyUseLog },
      { provide: RefusalLog, useValue: { record: async (refusal: Refusal) => void refusals.push(refusal) } },
    ],
    exports: [TokenVerifier, KeyUseLog, RefusalLog],
  })
  class SurroundingsModule {}

  const built = await Test.createTestingModule({
    imports: [
      PlatformModule.forProcess({ process: 'api', config, roleUrls, logger }),
      EdgeModule.forRoot({ logger, introspection: true, oncePerDocument: [] }),
      SurroundingsModule,
      LedgerApiModule,
    ],
  }).compile();
  const app = built.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return { app, refusals };
}
