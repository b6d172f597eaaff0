import { Injectable } from '@nestjs/common';
import { QueueConsumer, UnfinishedWork, type UnfinishedItem } from '@aceso/platform/queue';
import { z } from 'zod';
import { Erasures } from '../erasures';

const ERASE = 'ledger.erase';
const EraseJob = z.strictObject({});

/** Runs the erasures that are due. The job names nobody: who waits stands in rows. */
@Injectable()
export class EraseConsumer extends QueueConsumer<z.infer<typeof EraseJob>> {
  readonly topic = ERASE;
  readonly payload = EraseJob;

  constructor(private readonly erasures: Erasures) {
    super();
  }

  async handle(): Promise<void> {
    await this.erasures.run();
  }
}

/** Finds out that erasures are due: nothing else starts them, so that they come with others. */
@Injectable()
export class DueErasures extends UnfinishedWork {
  readonly name = 'erasure';

  constructor(private readonly erasures: Erasures) {
    super();
  }

  async find(): Promise<readonly UnfinishedItem[]> {
    const due = await this.erasures.due();
    return due === null ? [] : [{ topic: ERASE, payload: {}, key: `erase-${due}` }];
  }
}
