import { Module, type DynamicModule } from '@nestjs/common';
import { PlatformError, PlatformModule, type ServiceContext } from '@aceso/platform';
import { QueueModule } from '@aceso/platform/queue';
import { JOBS } from './jobs';

/** Composition only: the platform, the queue and the jobs of each context. */
@Module({})
export class WorkerModule {
  static forService(context: ServiceContext): DynamicModule {
    const { config, logger, roleUrls } = context;
    const workerUrl = roleUrls.worker;
    if (workerUrl === undefined) {
      throw new PlatformError('DATABASE_ROLE_UNKNOWN', 'a worker holds the database role worker');
    }
    return {
      module: WorkerModule,
      imports: [PlatformModule.forProcess(context), QueueModule.forWorker({ config, workerUrl, logger }), ...JOBS],
    };
  }
}
