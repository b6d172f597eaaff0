import { Injectable } from '@nestjs/common';
import { UnfinishedWork, type UnfinishedItem } from '@aceso/platform/queue';
import { IndexService } from '../index.service';
import { IngestService } from '../ingest.service';

/** Items of one look, of each kind. */
const ITEMS_MAX = 100;

/** Ingests that have not ended and persons whose facts are not those of their records: their jobs may be lost. */
@Injectable()
export class UnfinishedRegister extends UnfinishedWork {
  readonly name = 'register';

  constructor(
    private readonly ingests: IngestService,
    private readonly index: IndexService,
  ) {
    super();
  }

  async find(): Promise<readonly UnfinishedItem[]> {
    const ingests = await this.ingests.unfinished(ITEMS_MAX);
    const persons = await this.index.outdated(ITEMS_MAX);
    return [
      ...ingests.map((payload) => ({ topic: 'register.ingest', payload, key: `ingest-${payload.ingestId}` })),
      ...persons.map((payload) => ({ topic: 'register.index', payload, key: `index-${payload.personId}` })),
    ];
  }
}
