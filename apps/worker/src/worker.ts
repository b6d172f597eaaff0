import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { NestLogger, type ServiceContext } from '@aceso/platform';
import { WorkerModule } from './worker.module';

/** Starts consumers, relay, reconciler and the ledger's sequencer; no port is opened. */
export async function startWorker(context: ServiceContext): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(WorkerModule.forService(context), {
    logger: new NestLogger(context.logger),
    abortOnError: false,
  });
}
