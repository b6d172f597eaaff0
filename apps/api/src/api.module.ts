import { Module, type DynamicModule } from '@nestjs/common';
import { PlatformModule, type ServiceContext } from '@aceso/platform';
import { EdgeModule } from '@aceso/platform/graphql';
import { CONTEXTS } from './contexts';
import { HealthController } from './health.controller';
import { PagesController } from './pages.controller';
import { PersonasController } from './personas.controller';

/** Mutations that take a secret which a caller might try to guess: one at most in a document. */
const ONCE_PER_DOCUMENT = ['login', 'register', 'bind'];

/** Composition only: the platform, the GraphQL edge and what each context shows. */
@Module({})
export class ApiModule {
  static forService(context: ServiceContext): DynamicModule {
    const { config, logger } = context;
    return {
      module: ApiModule,
      imports: [
        PlatformModule.forProcess(context),
        EdgeModule.forRoot({ logger, introspection: config.introspection, oncePerDocument: ONCE_PER_DOCUMENT }),
        ...CONTEXTS,
      ],
      controllers: [HealthController, PagesController, PersonasController],
    };
  }
}
