import { Injectable } from '@nestjs/common';
import { isUuid, type RequestId } from '@aceso/kernel';
import { QueueConsumer } from '@aceso/platform/queue';
import { z } from 'zod';
import { AskService } from '../ask.service';

const requestId = z
  .string()
  .refine(isUuid)
  .transform((id) => id as string as RequestId);
const AskPayload = z.strictObject({ requestId, version: z.int().min(1) });
const LapsePayload = z.strictObject({ requestId });

/** Asks the cohort of an approved request. */
@Injectable()
export class AskConsumer extends QueueConsumer<z.output<typeof AskPayload>> {
  readonly topic = 'marketplace.ask';
  readonly payload = AskPayload;

  constructor(private readonly asks: AskService) {
    super();
  }

  handle(job: z.output<typeof AskPayload>): Promise<void> {
    return this.asks.ask(job.requestId, job.version);
  }
}

/** Ends a request that nobody funded. */
@Injectable()
export class LapseConsumer extends QueueConsumer<z.output<typeof LapsePayload>> {
  readonly topic = 'marketplace.lapse';
  readonly payload = LapsePayload;

  constructor(private readonly asks: AskService) {
    super();
  }

  handle(job: z.output<typeof LapsePayload>): Promise<void> {
    return this.asks.lapse(job.requestId);
  }
}
