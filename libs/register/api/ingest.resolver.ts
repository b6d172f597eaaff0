import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Database, IdempotencyService } from '@aceso/platform';
import { Access, CurrentParty, fromGlobalId, type Actor } from '@aceso/platform/graphql';
import { IngestService } from '../ingest.service';
import { UploadService } from '../upload.service';
import { IngestType, OpenUploadInput, toIngestType, toUploadType, UploadType } from './ingest.type';

const KEY = { type: () => String, description: 'Chosen by the caller; the same key and request answer the same.' };

@Resolver()
export class IngestResolver {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyService,
    private readonly uploads: UploadService,
    private readonly ingests: IngestService,
  ) {}

  @Access('provider')
  @Mutation(() => UploadType, {
    description: 'Announces a file: NDJSON of FHIR R4 resources or Bundles, or gzip of it.',
  })
  async openUpload(
    @CurrentParty() { partyId }: Actor,
    @Args('input', { type: () => OpenUploadInput, description: 'What will be sent.' })
    { bytes, idempotencyKey: key }: OpenUploadInput,
  ): Promise<UploadType> {
    const call = { actorId: partyId, operation: 'openUpload', key, request: { bytes: bytes ?? null } };
    return this.database.transaction('api', async (tx) => {
      const { id } = await this.idempotency.run(tx, call, async () => {
        const opened = await this.uploads.open(tx, partyId, bytes ?? undefined);
        return { id: opened.id };
      });
      return toUploadType(await this.uploads.find(tx, partyId, id));
    });
  }

  @Access('provider')
  @Mutation(() => IngestType, { description: 'Takes a received file into the register; `ingest` tells how it goes.' })
  async startIngest(
    @CurrentParty() { partyId }: Actor,
    @Args('uploadId', { type: () => ID, description: 'The upload whose bytes were received.' }) uploadId: string,
    @Args('idempotencyKey', KEY) key: string,
  ): Promise<IngestType> {
    const id = fromGlobalId('Upload', uploadId);
    const call = { actorId: partyId, operation: 'startIngest', key, request: { uploadId: id } };
    return this.database.transaction('api', async (tx) => {
      const started = await this.idempotency.run(tx, call, async () => {
        const ingest = await this.ingests.start(tx, partyId, id);
        return { id: ingest.id };
      });
      return toIngestType(await this.ingests.find(tx, partyId, started.id));
    });
  }

  @Access('provider')
  @Query(() => UploadType, { description: 'An upload of the acting provider.' })
  async upload(
    @CurrentParty() { partyId }: Actor,
    @Args('id', { type: () => ID, description: 'Opaque id.' }) id: string,
  ): Promise<UploadType> {
    const uploadId = fromGlobalId('Upload', id);
    return toUploadType(await this.database.transaction('api', (tx) => this.uploads.find(tx, partyId, uploadId)));
  }

  @Access('provider')
  @Query(() => IngestType, { description: 'An ingest of the acting provider.' })
  async ingest(
    @CurrentParty() { partyId }: Actor,
    @Args('id', { type: () => ID, description: 'Opaque id.' }) id: string,
  ): Promise<IngestType> {
    const ingestId = fromGlobalId('Ingest', id);
    return toIngestType(await this.database.transaction('api', (tx) => this.ingests.find(tx, partyId, ingestId)));
  }
}
