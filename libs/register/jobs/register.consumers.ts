import { Injectable } from '@nestjs/common';
import { isUuid, type PersonId } from '@aceso/kernel';
import { QueueConsumer } from '@aceso/platform/queue';
import { z } from 'zod';
import { IndexService } from '../index.service';
import { IngestService } from '../ingest.service';
import { RegisterError } from '../register.errors';

const IngestPayload = z.strictObject({ ingestId: z.string().refine(isUuid) });
const IndexPayload = z.strictObject({
  personId: z
    .string()
    .refine(isUuid)
    .transform((id) => id as string as PersonId),
});

/** Takes a received file into the register. */
@Injectable()
export class IngestConsumer extends QueueConsumer<z.output<typeof IngestPayload>> {
  readonly topic = 'register.ingest';
  readonly payload = IngestPayload;

  constructor(private readonly ingests: IngestService) {
    super();
  }

  async handle({ ingestId }: z.output<typeof IngestPayload>): Promise<void> {
    try {
      await this.ingests.run(ingestId);
    } catch (error) {
      // Another run goes on with it: this one has nothing left to do.
      if (!(error instanceof RegisterError) || error.code !== 'INGEST_TAKEN_OVER') throw error;
    }
  }
}

/** Builds the facts of a person anew. */
@Injectable()
export class IndexConsumer extends QueueConsumer<z.output<typeof IndexPayload>> {
  readonly topic = 'register.index';
  readonly payload = IndexPayload;

  constructor(private readonly index: IndexService) {
    super();
  }

  handle({ personId }: z.output<typeof IndexPayload>): Promise<void> {
    return this.index.rebuild(personId);
  }
}
