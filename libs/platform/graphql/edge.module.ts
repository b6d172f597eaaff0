import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import type { MercuriusDriverConfig } from '@nestjs/mercurius';
import { Logger } from '../logging/logger';
import { AccessGuard } from './access.guard';
import { EdgeErrorsFilter } from './edge-errors.filter';
import { graphqlOptions, type GraphqlSettings } from './graphql-options';

/** GraphQL endpoint, global guard and error filter of a process that serves HTTP. */
@Module({})
export class EdgeModule {
  static forRoot(settings: GraphqlSettings): DynamicModule {
    return {
      module: EdgeModule,
      imports: [GraphQLModule.forRoot<MercuriusDriverConfig>(graphqlOptions(settings))],
      exports: [GraphQLModule],
      providers: [
        { provide: Logger, useValue: settings.logger },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_FILTER, useClass: EdgeErrorsFilter },
      ],
    };
  }
}
