import {
  Global,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import type { Config } from '../config/config';
import { Database } from '../database/database';
import { IdempotencyService } from '../idempotency';
import { Logger } from '../logging/logger';
import { QueueConsumer, UnfinishedWork } from './consumer';
import { FlowQueue } from './flow-queue';
import { Housekeeping } from './housekeeping';
import { JobQueues } from './job-queues';
import { OutboxRelay } from './outbox-relay';
import { connectQueues, type QueueBackend } from './queue-backend';
import { QueueWorkers } from './queue-workers';
import { Reconciler } from './reconciler';

export interface QueueModuleOptions {
  readonly config: Pick<Config, 'redisUrl' | 'workerConcurrency'>;
  /** Address of the worker's database role. */
  readonly workerUrl: string;
  readonly logger: Logger;
}

interface Service {
  start(): void;
  stop(): Promise<void>;
}

/** The backend together with what it was made from. */
class QueueLink {
  constructor(
    readonly backend: QueueBackend,
    readonly options: QueueModuleOptions,
  ) {}
}

/** Starts what moves jobs once every context is ready, and stops it before their connections close. */
@Injectable()
class QueueService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #services: Service[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly database: Database,
    private readonly idempotency: IdempotencyService,
    private readonly queues: JobQueues,
    private readonly link: QueueLink,
  ) {}

  onApplicationBootstrap(): void {
    const { database, idempotency, queues } = this;
    const { backend, options } = this.link;
    const { logger, workerUrl, config } = options;
    const consumers = this.provided(QueueConsumer);
    this.#services = [
      new QueueWorkers({ backend, consumers, concurrency: config.workerConcurrency, logger }),
      new OutboxRelay({ database, queues, workerUrl, logger }),
      new Reconciler({ database, queues, work: this.provided(UnfinishedWork), logger }),
      new Housekeeping({ database, idempotency, logger }),
    ];
    for (const service of this.#services) service.start();
    logger.info('the queue runs', { queue: backend.kind, count: consumers.length });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop()));
    await this.queues.close();
    await this.link.backend.close();
  }

  private provided<Kind extends object>(kind: abstract new () => Kind): Kind[] {
    const instances = this.discovery.getProviders().map((wrapper) => wrapper.instance as unknown);
    return [...new Set(instances.filter((instance): instance is Kind => instance instanceof kind))];
  }
}

/** Consumers, relay, reconciler and housekeeping of a worker process; {@link FlowQueue} for its jobs. */
@Global()
@Module({})
export class QueueModule {
  static forWorker(options: QueueModuleOptions): DynamicModule {
    const { workerUrl, logger, config } = options;
    const connect = () => new QueueLink(connectQueues({ redisUrl: config.redisUrl, workerUrl, logger }), options);
    return {
      module: QueueModule,
      imports: [DiscoveryModule],
      providers: [
        { provide: QueueLink, useFactory: connect },
        { provide: JobQueues, useFactory: ({ backend }: QueueLink) => new JobQueues(backend), inject: [QueueLink] },
        FlowQueue,
        QueueService,
      ],
      exports: [FlowQueue],
    };
  }
}
