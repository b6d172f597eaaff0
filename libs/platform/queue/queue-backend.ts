import {
  createPostgresBackend,
  createRedisBackend,
  FlowProducer as BullFlowProducer,
  Queue as BullQueue,
  Worker as BullWorker,
  type BackendFactory,
  type ConnectionOptions,
  type IQueueBackend,
  type Processor,
  type WorkerOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import type { Logger } from '../logging/logger';

/** BullMQ's classes, whatever backend they stand on. */
export type Queue = BullQueue<unknown, unknown, string, unknown, unknown, string, IQueueBackend>;
export type FlowProducer = BullFlowProducer<IQueueBackend>;
export type Worker = BullWorker<unknown, unknown, string, IQueueBackend>;

/** Both backends of BullMQ behind one door: the same queues on Redis or in PostgreSQL. */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  queue(name: string): Queue;
  flows(): FlowProducer;
  worker(name: string, run: Processor, options: Omit<WorkerOptions, 'connection'>): Worker;
  /** Closes the connections; queues, flows and workers must be closed before. */
  close(): Promise<void>;
}

export interface QueueBackendOptions {
  /** Redis when given, otherwise PostgreSQL. */
  readonly redisUrl: string | undefined;
  /** Address of the worker's database role. */
  readonly workerUrl: string;
  readonly logger: Logger;
  /** Keeps installations on one Redis apart; the braces put all keys into one slot of a Redis Cluster. */
  readonly prefix?: string;
}

const PREFIX = '{aceso}';
/** Queries of all queues and workers together; each worker holds one connection more to listen on. */
const POOL_SIZE = 24;
/** Each queue, flow producer and worker adds a listener to the pool. */
const LISTENERS_MAX = 100;

export function connectQueues(options: QueueBackendOptions): QueueBackend {
  const { redisUrl, logger } = options;
  if (redisUrl === undefined) return postgresBackend(options);
  // BullMQ retries blocking commands by itself (null); a producer gives up soon, its caller tries again.
  const blocking = watched(new Redis(redisUrl, { maxRetriesPerRequest: null }), logger);
  const producing = watched(new Redis(redisUrl, { maxRetriesPerRequest: 2 }), logger);
  return {
    kind: 'redis',
    ...builders({ logger, prefix: options.prefix ?? PREFIX }, createRedisBackend as Factory, { producing, blocking }),
    async close() {
      await Promise.all([blocking, producing].map((redis) => redis.quit().catch(() => redis.disconnect())));
    },
  };
}

function watched(redis: Redis, logger: Logger): Redis {
  redis.on('error', (error) => logger.warn('the connection to Redis broke', { errorName: error.name }));
  return redis;
}

function postgresBackend({ workerUrl, logger }: QueueBackendOptions): QueueBackend {
  const pool = new Pool({
    connectionString: workerUrl,
    max: POOL_SIZE,
    keepAlive: true,
    application_name: 'aceso-queue',
    options: '-c search_path=bullmq', // the names of BullMQ's own functions and tables are unqualified
  });
  pool.setMaxListeners(LISTENERS_MAX);
  pool.on('error', (error) => logger.warn('an idle queue connection broke', { errorName: error.name }));
  const connections = { producing: pool, blocking: pool };
  return {
    kind: 'postgres',
    ...builders({ logger }, createPostgresBackend as Factory, connections),
    close: () => pool.end(),
  };
}

/** BullMQ types its connections as Redis ones; the factory knows better. */
type Factory = BackendFactory;

interface Common {
  readonly logger: Logger;
  readonly prefix?: string;
}

interface Connections {
  readonly producing: unknown;
  readonly blocking: unknown;
}

function builders(
  { logger, ...common }: Common,
  factory: Factory,
  connections: Connections,
): Pick<QueueBackend, 'queue' | 'flows' | 'worker'> {
  const producing = { ...common, connection: connections.producing as ConnectionOptions };
  const blocking = { ...common, connection: connections.blocking as ConnectionOptions };
  // Without a listener an 'error' event ends the process; BullMQ reconnects by itself.
  const listen = <Emitter extends { on(event: 'error', listener: (error: Error) => void): unknown }>(
    emitter: Emitter,
    queue: string,
  ): Emitter => {
    emitter.on('error', (error) => logger.warn('the queue reports an error', { queue, errorName: error.name }));
    return emitter;
  };
  return {
    queue: (name) => listen(new BullQueue(name, producing, factory), name),
    flows: () => listen(new BullFlowProducer(producing, factory), 'flows'),
    worker: (name, run, options) => listen(new BullWorker(name, run, { ...options, ...blocking }, factory), name),
  };
}
